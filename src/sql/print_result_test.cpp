#include "sql/print_result.h"

#include <cstdint>
#include <ostream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "sql/database.h"

namespace weir::sql {
namespace {

class PrintResultTest : public testing::Test {
 protected:
  PrintResultTest()
      : database_(DatabaseOptions{.threads = 2, .spill_folder = {}}),
        connection_(database_.Connect()) {}

  std::string Print(const std::string& sql, OutputFormat format) {
    Result result = connection_.Query(sql);
    std::ostringstream out;
    PrintResult(result, format, out);
    return out.str();
  }

  // The CSV field or JSON value that `SELECT expression AS x` gives.
  std::string Csv(const std::string& expression) {
    const std::string text = Print("SELECT " + expression + " AS x", OutputFormat::kCsv);
    return text.substr(2, text.size() - 3);
  }

  std::string Json(const std::string& expression) {
    const std::string text = Print("SELECT " + expression + " AS x", OutputFormat::kJson);
    return text.substr(7, text.size() - 11);
  }

  Database database_;
  Connection connection_;
};

TEST_F(PrintResultTest, KnowsWhetherItsStatementWasAskedForRows) {
  connection_.Run("CREATE TABLE t(a INTEGER); PREPARE p AS SELECT 1");

  for (const std::string_view sql :
       {"SELECT 1", "(SELECT 1)", "WITH a AS (SELECT 1) SELECT 2", "WITH a AS (SELECT 1) (FROM a)",
        "WITH a AS (SELECT 1) TABLE a", "EXPLAIN INSERT INTO t VALUES (1)", "show tables",
        "WITH a AS (SELECT 1 AS k, 2 AS v) PIVOT a ON k USING sum(v)", "EXECUTE p",
        "INSERT INTO t VALUES (1) RETURNING a", "VALUES (1)", "DESCRIBE t", "SUMMARIZE t"}) {
    Result result = connection_.Query(sql);
    EXPECT_TRUE(GivesRows(result)) << sql;
  }
  for (const std::string_view sql :
       {"CREATE TABLE u AS SELECT 1", "INSERT INTO t SELECT 1", "DELETE FROM t", "SET threads = 1",
        "PRAGMA threads = 1", "BEGIN", "COMMIT", "CREATE VIEW v AS FROM t"}) {
    Result result = connection_.Query(sql);
    EXPECT_FALSE(GivesRows(result)) << sql;
  }
}

TEST_F(PrintResultTest, CsvHasAHeaderAndOneLineARow) {
  EXPECT_EQ(Print("SELECT 1 AS a, 'x' AS \"b,c\" UNION ALL SELECT 2, NULL ORDER BY 1",
                  OutputFormat::kCsv),
            "a,\"b,c\"\n1,x\n2,\n");
  EXPECT_EQ(Print("SELECT 1 AS a WHERE false", OutputFormat::kCsv), "a\n");
}

TEST_F(PrintResultTest, CsvTellsAnEmptyTextFromANull) {
  EXPECT_EQ(Csv("''"), "\"\"");
  EXPECT_EQ(Csv("NULL::VARCHAR"), "");
}

TEST_F(PrintResultTest, CsvQuotesWhatWouldEndAField) {
  EXPECT_EQ(Csv("'a,b'"), "\"a,b\"");
  EXPECT_EQ(Csv("'say \"hi\"'"), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(Csv("'a' || chr(10) || 'b'"), "\"a\nb\"");
  EXPECT_EQ(Csv("'plain; text'"), "plain; text");
}

TEST_F(PrintResultTest, CsvWritesEachTypeAsPromised) {
  EXPECT_EQ(Csv("true"), "true");
  EXPECT_EQ(Csv("(-128)::TINYINT"), "-128");
  EXPECT_EQ(Csv("18446744073709551615::UBIGINT"), "18446744073709551615");
  EXPECT_EQ(Csv("170141183460469231731687303715884105727::HUGEINT"),
            "170141183460469231731687303715884105727");
  EXPECT_EQ(Csv("340282366920938463463374607431768211455::UHUGEINT"),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(Csv("(-0.05)::DECIMAL(4,2)"), "-0.05");
  EXPECT_EQ(Csv("12345678901234567890.12345::DECIMAL(38,5)"), "12345678901234567890.12345");
  EXPECT_EQ(Csv("0.1::DOUBLE"), "0.1");
  EXPECT_EQ(Csv("0.1::FLOAT"), "0.1");
  EXPECT_EQ(Csv("3::DOUBLE"), "3.0");
  EXPECT_EQ(Csv("1e300::DOUBLE"), "1e+300");
  EXPECT_EQ(Csv("'nan'::DOUBLE"), "NaN");
  EXPECT_EQ(Csv("'-inf'::FLOAT"), "-Infinity");
  EXPECT_EQ(Csv("DATE '2026-01-02'"), "2026-01-02");
  EXPECT_EQ(Csv("DATE 'infinity'"), "infinity");
  EXPECT_EQ(Csv("TIMESTAMPTZ '2026-01-02 03:04:05+00'"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(Csv("TIMESTAMPTZ '2026-01-02 03:04:05.678+00'"), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(Csv("TIMESTAMP '2026-01-02 03:04:05'"), "2026-01-02T03:04:05");
  EXPECT_EQ(Csv("'2026-01-02 03:04:05'::TIMESTAMP_S"), "2026-01-02T03:04:05");
  EXPECT_EQ(Csv("'2026-01-02 03:04:05'::TIMESTAMP_NS"), "2026-01-02T03:04:05");
  EXPECT_EQ(Csv("'2026-01-02 03:04:05.678901'::TIMESTAMP_NS"), "2026-01-02T03:04:05.678901");
  EXPECT_EQ(Csv("'2026-01-02 03:04:05.000000001'::TIMESTAMP_NS"), "2026-01-02T03:04:05.000000001");
  EXPECT_EQ(Csv("'1969-12-31 23:59:59.999999999'::TIMESTAMP_NS"), "1969-12-31T23:59:59.999999999");
  EXPECT_EQ(Csv("'infinity'::TIMESTAMP_NS"), Csv("'infinity'::TIMESTAMP"));
  EXPECT_EQ(Csv("'2026-01-02 03:04:05.5'::TIMESTAMP_MS"), "2026-01-02T03:04:05.500");
  EXPECT_EQ(Csv("TIME '03:04:05'"), "03:04:05");
  EXPECT_EQ(Csv("'\\xAB\\x00'::BLOB"), "ab00");
  EXPECT_EQ(Csv("'b'::ENUM ('a', 'b')"), "b");
  EXPECT_EQ(Csv("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID"),
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(Csv("INTERVAL 3 DAY"), "3 days");
}

TEST_F(PrintResultTest, CsvWritesNestedCellsAsJson) {
  EXPECT_EQ(Csv("[1, NULL, 3]"), "\"[1,null,3]\"");
  EXPECT_EQ(Csv("[]::INTEGER[]"), "[]");
  EXPECT_EQ(Csv("{'a': 1, 'b': [DATE '2026-01-02']}"), R"("{""a"":1,""b"":[""2026-01-02""]}")");
}

TEST_F(PrintResultTest, JsonKeepsNumbersExact) {
  EXPECT_EQ(Json("9007199254740993"), "9007199254740993");
  EXPECT_EQ(Json("0.10::DECIMAL(38,2)"), "0.10");
  EXPECT_EQ(Json("0.1::DOUBLE"), "0.1");
  EXPECT_EQ(Json("'nan'::DOUBLE"), "\"NaN\"");
  EXPECT_EQ(Json("'inf'::DOUBLE"), "\"Infinity\"");
}

TEST_F(PrintResultTest, JsonWritesNestedCells) {
  EXPECT_EQ(Json("{'a': true, 'b': {'c': NULL}}"), R"({"a":true,"b":{"c":null}})");
  EXPECT_EQ(Json("MAP {'k': 1, 'l': 2}"), R"({"k":1,"l":2})");
  EXPECT_EQ(Json("MAP {1: 'x'}"), R"([{"key":1,"value":"x"}])");
  EXPECT_EQ(Json("row(1, 'x')"), R"([1,"x"])");
  EXPECT_EQ(Json("[1, 2]::INTEGER[2]"), "[1,2]");
  EXPECT_EQ(Json("[[1], NULL, []]"), "[[1],null,[]]");
}

TEST_F(PrintResultTest, JsonEscapesText) {
  EXPECT_EQ(Json("'say \"ö\" \\ ' || chr(10) || chr(1)"), R"("say \"ö\" \\ \n\u0001")");
}

TEST_F(PrintResultTest, JsonIsAnArrayWithOneRowALine) {
  EXPECT_EQ(Print("SELECT i, NULL AS n FROM range(2) r(i)", OutputFormat::kJson),
            "[\n{\"i\":0,\"n\":null},\n{\"i\":1,\"n\":null}\n]\n");
  EXPECT_EQ(Print("SELECT 1 AS i WHERE false", OutputFormat::kJson), "[]\n");
}

TEST_F(PrintResultTest, JsonNumbersEqualNames) {
  EXPECT_EQ(Print("SELECT 1 AS a, 2 AS a, 3 AS a_1", OutputFormat::kJson),
            "[\n{\"a\":1,\"a_1\":2,\"a_1_1\":3}\n]\n");
}

TEST_F(PrintResultTest, NestedCellsOfManyRowsKeepTheirPlaces) {
  const std::string text = Print(
      "SELECT i, CASE WHEN i % 3 > 0 THEN [{'v': i, 'w': [i, i + 1]}, NULL] END AS l, "
      "MAP {'k': [i]} AS m FROM range(5000) r(i) WHERE i % 7 <> 2 ORDER BY i",
      OutputFormat::kJson);

  const nlohmann::json rows = nlohmann::json::parse(text);
  for (const nlohmann::json& row : rows) {
    const auto i = row["i"].get<std::int64_t>();
    const nlohmann::json list = {{{"v", i}, {"w", {i, i + 1}}}, nullptr};
    EXPECT_EQ(row["l"], i % 3 > 0 ? list : nlohmann::json());
    EXPECT_EQ(row["m"]["k"], nlohmann::json::array({i}));
  }
}

TEST_F(PrintResultTest, TableAlignsNumbersToTheRightAndShowsNulls) {
  EXPECT_EQ(Print("SELECT 5 AS n, 'öö' AS name UNION ALL SELECT 12345, NULL ORDER BY 1",
                  OutputFormat::kTable),
            "┌───────┬──────┐\n"
            "│     n │ name │\n"
            "├───────┼──────┤\n"
            "│     5 │ öö   │\n"
            "│ 12345 │ NULL │\n"
            "└───────┴──────┘\n"
            "2 rows\n");
}

TEST_F(PrintResultTest, TableKeepsCellsOnOneShortLine) {
  const std::string text = Print(
      "SELECT 'a' || chr(10) || 'b' AS x UNION ALL SELECT repeat('ö', 100)", OutputFormat::kTable);

  EXPECT_NE(text.find("│ a\\nb "), std::string::npos);
  EXPECT_NE(text.find("ö…"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string("┌┐").size() + 62 * std::string("─").size());
}

TEST_F(PrintResultTest, TableShowsTheFirstAndLastOfManyRows) {
  const std::string text =
      Print("SELECT i FROM range(100000) r(i) ORDER BY i", OutputFormat::kTable);

  EXPECT_NE(text.find("│    39 │\n"), std::string::npos);
  EXPECT_EQ(text.find("│    40 │\n"), std::string::npos);
  EXPECT_NE(text.find("… 99950 rows more"), std::string::npos);
  EXPECT_EQ(text.find("│ 99989 │\n"), std::string::npos);
  EXPECT_NE(text.find("│ 99990 │\n"), std::string::npos);
  EXPECT_NE(text.find("│ 99999 │\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("100000 rows\n"));
}

TEST_F(PrintResultTest, TableShowsAllOfFiftyRows) {
  const std::string text = Print("SELECT i FROM range(50) r(i) ORDER BY i", OutputFormat::kTable);

  EXPECT_EQ(text.find("more"), std::string::npos);
  EXPECT_NE(text.find("│ 40 │\n"), std::string::npos);
  EXPECT_NE(text.find("│ 49 │\n"), std::string::npos);
}

TEST_F(PrintResultTest, AFailedOutputIsAnError) {
  Result result = connection_.Query("SELECT 1");
  std::ostream out(nullptr);

  EXPECT_THROW(PrintResult(result, OutputFormat::kCsv, out), ExternalError);
}

TEST_F(PrintResultTest, AnErrorOfTheQueryIsThrown) {
  EXPECT_THROW(Print("SELECT error('no ' || i) FROM range(3) r(i)", OutputFormat::kCsv), UserError);
}

}  // namespace
}  // namespace weir::sql
