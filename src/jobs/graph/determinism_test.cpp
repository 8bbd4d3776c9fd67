#include "jobs/graph/determinism.h"

#include <set>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "jobs/graph/determinism_fixture.h"

namespace weir::jobs {
namespace {

class DeterminismTest : public DeterminismFixture {
 protected:
  // The text of its mistakes.
  std::string Of(const std::string& sql) {
    const SqlSource source{.text = sql, .place = {.file = "a.sql"}};
    project::Mistakes mistakes;
    const auto parsed = ParseSql(source, {}, connection_, mistakes);
    if (!parsed) {
      return "no SQL";
    }
    CheckDeterminism(*parsed, source, mistakes);
    return TextOf(mistakes);
  }
};

TEST_F(DeterminismTest, RefusesClocksAndRandomValues) {
  EXPECT_EQ(Of("SELECT now(),\n current_date, current_timestamp, random(), uuid() FROM t"),
            "1:8: now is the clock; {start}, {end} and {ds} are the interval\n"
            "2:2: current_date is the clock; {start}, {end} and {ds} are the interval\n"
            "2:16: current_timestamp is the clock; {start}, {end} and {ds} are the interval\n"
            "2:35: random() gives another value each time; a hash of the row's key doesn't\n"
            "2:45: uuid() gives another value each time; a hash of the row's key doesn't");
}

TEST_F(DeterminismTest, RefusesApproximationsAndSamples) {
  EXPECT_EQ(Of("SELECT approx_count_distinct(a) FROM t"),
            "1:8: approx_count_distinct() depends on the order of rows; use an exact function");
  EXPECT_EQ(Of("SELECT a FROM t TABLESAMPLE 10%"),
            "1:15: a sample is another one each time; take rows by a hash of their key");
  EXPECT_NE(Of("SELECT a FROM t USING SAMPLE 10 ROWS"), "");
}

TEST_F(DeterminismTest, RefusesAggregatesThatDependOnOrder) {
  for (const std::string name : {"first", "last", "any_value", "list", "array_agg", "mode"}) {
    const std::string expected = "1:8: " + name + "() depends on the order of rows; write " + name +
                                 "(… ORDER BY a unique key)";
    EXPECT_EQ(Of("SELECT " + name + "(a) FROM t"), expected);
    EXPECT_EQ(Of("SELECT " + name + "(a ORDER BY b) FROM t"), "") << name;
  }
  EXPECT_EQ(Of("SELECT list_sort(list(a)), array_sort(array_agg(DISTINCT a)) FROM t"), "");
  EXPECT_NE(Of("SELECT list_sort(list(a) || [b]) FROM t"), "");
  EXPECT_NE(Of("SELECT list_sort(l), list(a) FROM t"), "");
  EXPECT_NE(Of("SELECT string_agg(a, ',') FROM t"), "");
  EXPECT_EQ(Of("SELECT string_agg(a, ',' ORDER BY a) FROM t"), "");
  EXPECT_NE(Of("SELECT arg_max(a, b) FROM t"), "");
  EXPECT_EQ(Of("SELECT arg_max(a, b ORDER BY c) FROM t"), "");
  EXPECT_NE(Of("SELECT arg_max_nulls_last(a, b) FROM t"), "");
  EXPECT_NE(Of("SELECT a.first() FROM t"), "");
  EXPECT_NE(Of("SELECT main.first(a) FROM t"), "");
}

TEST_F(DeterminismTest, RefusesWindowsAndLimitsWithoutOrder) {
  EXPECT_EQ(Of("SELECT row_number() OVER (PARTITION BY a) FROM t"),
            "1:8: row_number() depends on the order of rows; OVER (… ORDER BY a unique key)");
  EXPECT_EQ(Of("SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t"), "");
  EXPECT_EQ(Of("SELECT a FROM t LIMIT 5"),
            "1:23: LIMIT takes any rows; write ORDER BY a unique key before it");
  EXPECT_EQ(Of("SELECT a FROM t ORDER BY a LIMIT 5"), "");
  EXPECT_EQ(Of("SELECT a FROM t LIMIT 0"), "");
  EXPECT_NE(Of("SELECT * FROM (SELECT a FROM t LIMIT 5) ORDER BY a"), "");
  EXPECT_EQ(Of("SELECT DISTINCT ON (a) a, b FROM t"),
            "1:21: DISTINCT ON takes any row; write ORDER BY a unique key");
  EXPECT_EQ(Of("SELECT DISTINCT a, b FROM t"), "");
}

TEST_F(DeterminismTest, RefusesSumsOfDoublesAndFilesReadByFunctions) {
  EXPECT_EQ(Of("SELECT sum(a::DOUBLE) FROM t"),
            "1:8: sum() of DOUBLE adds in any order; use DECIMAL or exact_sum()");
  EXPECT_EQ(Of("SELECT exact_sum(a::DOUBLE), sum(a::DECIMAL(18, 2)), sum(n) FROM t"), "");
  EXPECT_EQ(Of("FROM read_csv('x.csv')"),
            "1:6: read_csv() reads what no run records; a connector step brings files in");
}

TEST_F(DeterminismTest, RefusesAggregatesThatAddDoublesWhateverTheyAreGiven) {
  for (const std::string name : {"stddev", "var_pop", "product", "skewness", "entropy", "sem"}) {
    EXPECT_EQ(Of("SELECT " + name + "(n) FROM t"),
              "1:8: " + name + "() adds DOUBLEs in any order; write " + name +
                  "(… ORDER BY a unique key), or use exact_sum()");
    EXPECT_EQ(Of("SELECT " + name + "(n ORDER BY k) FROM t"), "");
    EXPECT_NE(Of("SELECT " + name + "(n) OVER (PARTITION BY k) FROM t"), "");
    EXPECT_EQ(Of("SELECT " + name + "(n) OVER (ORDER BY k) FROM t"), "");
  }
  EXPECT_NE(Of("SELECT corr(n, m) FROM t"), "");
  EXPECT_NE(Of("SELECT regr_slope(n, m) FROM t"), "");
  EXPECT_EQ(Of("SELECT geomean(n) FROM t"),
            "1:8: geomean() adds DOUBLEs in any order; use exp(exact_sum(ln(x)) / count(x))");
}

TEST_F(DeterminismTest, RefusesFramesOfRowsInNoOrder) {
  EXPECT_EQ(Of("SELECT sum(n) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t"),
            "1:8: sum() depends on the order of rows; OVER (… ORDER BY a unique key)");
  EXPECT_NE(Of("SELECT min(n) OVER (ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM t"), "");
  EXPECT_EQ(Of("SELECT sum(n) OVER (ORDER BY k ROWS UNBOUNDED PRECEDING) FROM t"), "");
  EXPECT_EQ(Of("SELECT sum(n) OVER (PARTITION BY k) FROM t"), "");
}

TEST_F(DeterminismTest, RefusesListsInJson) {
  for (const std::string call : {"json_group_array(a)", "json_group_object(a, b)"}) {
    const std::string name = call.substr(0, call.find('('));
    EXPECT_EQ(Of("SELECT " + call + " FROM t"),
              "1:8: " + name +
                  "() lists in the order of rows; write to_json(list(… ORDER BY a unique key))");
  }
}

TEST_F(DeterminismTest, RefusesTheDistanceToTheClock) {
  EXPECT_EQ(Of("SELECT age(a), age(b, a) FROM t"),
            "1:8: age() of one time is its distance to the clock; age({end}, time) counts from the "
            "interval's end");
}

TEST_F(DeterminismTest, RefusesWhatTellsOfTheProcess) {
  EXPECT_EQ(Of("SELECT current_setting('threads'), current_schema FROM t"),
            "1:8: current_setting() tells of the process that runs; {var.x} is a variable of "
            "weir.yaml\n1:36: current_schema() tells of the process that runs; {var.x} is a "
            "variable of weir.yaml");
  EXPECT_EQ(Of("FROM duckdb_settings()"),
            "1:6: duckdb_settings() reads what no run records; 'reads' names what a job reads");
  EXPECT_NE(Of("FROM query('SELECT now()')"), "");
  EXPECT_EQ(Of("FROM range(3), unnest([1, 2]), json_each('[]')"), "");
  EXPECT_NE(Of("SUMMARIZE t"), "");
  EXPECT_NE(Of("FROM (SHOW TABLES)"), "");
}

// A new version's new function must be put in a list.
TEST_F(DeterminismTest, KnowsEveryFunctionThatIsNotTheSameEachTime) {
  const std::set<std::string> same = {"error", "sleep_ms", "write_log"};  // each time
  std::size_t number = 0;
  for (const auto& row :
       connection_
           .Query("SELECT function_name, len(parameter_types) FROM duckdb_functions() WHERE "
                  "function_type = 'scalar' AND stability <> 'CONSISTENT'")
           .Rows()) {
    const auto& name = std::get<std::string>(row.at(0));
    const std::string arguments = std::get<std::int64_t>(row.at(1)) == 2   ? "a, b"
                                  : std::get<std::int64_t>(row.at(1)) == 1 ? "a"
                                                                           : "";
    EXPECT_EQ(Of("SELECT " + name + "(" + arguments + ") FROM t").empty(), same.contains(name))
        << name;
    ++number;
  }
  EXPECT_GT(number, 20U);
}

// What DuckDB writes for a macro shows what it does.
TEST_F(DeterminismTest, RefusesEveryMacroOfWhatItRefuses) {
  std::set<std::string> refused;
  for (const auto& row :
       connection_
           .Query("SELECT function_name, macro_definition, len(parameters) FROM duckdb_functions() "
                  "WHERE function_type = 'macro'")
           .Rows()) {
    const auto& name = std::get<std::string>(row.at(0));
    if (Of("SELECT " + std::get<std::string>(row.at(1)) + " FROM t").empty()) {
      continue;
    }
    std::string arguments;
    for (std::int64_t i = 0; i < std::get<std::int64_t>(row.at(2)); ++i) {
      arguments += i == 0 ? "a" : ", a";
    }
    EXPECT_NE(Of("SELECT " + name + "(" + arguments + ") FROM t"), "") << name;
    refused.insert(name);
  }
  EXPECT_TRUE(refused.contains("json_group_array") && refused.contains("ago")) << refused.size();
}

TEST_F(DeterminismTest, TakesNoTableFunctionButThoseOfItsArguments) {
  std::set<std::string> taken;
  for (const auto& row :
       connection_
           .Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN "
                  "('table', 'table_macro')")
           .Rows()) {
    const auto& name = std::get<std::string>(row.at(0));
    if (Of("FROM \"" + name + "\"(a)").empty()) {
      taken.insert(name);
    }
  }
  EXPECT_EQ(taken, (std::set<std::string>{"generate_series", "json_each", "json_tree", "range",
                                          "repeat", "repeat_row", "unnest"}));
}

TEST_F(DeterminismTest, TakesOrdinarySql) {
  EXPECT_EQ(Of("WITH x AS (SELECT a, count(*) AS n, max(b) AS b FROM t GROUP BY ALL) "
               "SELECT *, rank() OVER (ORDER BY n DESC, a), list_sort(l), [1, 2] FROM x JOIN y "
               "USING (a) WHERE b > (SELECT min(c) FROM z)"),
            "");
}

}  // namespace
}  // namespace weir::jobs
