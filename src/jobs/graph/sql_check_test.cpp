#include "jobs/graph/sql_check.h"

#include "jobs/graph/graph_fixture.h"
#include "jobs/graph/parsed_sql.h"

namespace weir::jobs {
namespace {

class SqlCheckTest : public GraphTest {
 protected:
  // A job of one SQL step `a`, which writes it to s.a.
  void LoadSql(const std::string& sql, const std::string& more = "") {
    Load({{"jobs/d/j/job.yaml",
           "job: j\nreads: {calls: shop.calls, edges: {table: shop.edges, where: 'n > 1'}}\n"
           "steps: [{sql: a.sql}]\nwrites: [{table: s.a, from: a, mode: overwrite}]\n" +
               more},
          {"jobs/d/j/a.sql", sql},
          {"jobs/d/j/check.sql", "SELECT * FROM s.a JOIN a USING (id), edgs"}});
  }

  std::string MistakesOf(const std::string& sql) {
    LoadSql(sql);
    return CheckMistakes();
  }
};

constexpr auto kGood =
    "-- {ds}\nWITH x AS (SELECT * FROM Calls)\nSELECT id, {var.days} AS n FROM x JOIN "
    "{table.edges} USING (id) WHERE t >= {start} AND d = {ds}";

TEST_F(SqlCheckTest, TakesInputsAndOwnNames) {
  EXPECT_EQ(MistakesOf(kGood), "");
  EXPECT_EQ(CheckWarnings(), "");
}

TEST_F(SqlCheckTest, RefusesWhatIsNotInReads) {
  EXPECT_EQ(MistakesOf("SELECT *\nFROM cals, edges, (SELECT 1 FROM shop.calls), other.table_x"),
            "jobs/d/j/a.sql:2:6: relation 'cals' is neither in 'reads' nor made by a step before; "
            "there are: calls, edges; did you mean 'calls'?\n"
            "jobs/d/j/a.sql:2:34: table 'shop.calls' is the input 'calls' here; SQL names inputs\n"
            "jobs/d/j/a.sql:2:47: table 'other.table_x' is not in 'reads'; there are: calls, "
            "edges");
}

TEST_F(SqlCheckTest, RefusesWhatIsNoSelect) {
  EXPECT_EQ(MistakesOf("SELECT 1 FROM calls, edges WHERE"),
            "jobs/d/j/a.sql:1:33: not SQL: syntax error at end of input");
  EXPECT_EQ(MistakesOf("INSERT INTO x SELECT * FROM calls, edges"),
            "jobs/d/j/a.sql:1:1: one SELECT is needed; other statements aren't allowed");
  EXPECT_EQ(MistakesOf("FROM calls, edges; SELECT 1"),
            "jobs/d/j/a.sql:1:1: one SELECT is needed; there are 2 statements");
}

TEST_F(SqlCheckTest, RefusesNamesWithinQuotes) {
  EXPECT_EQ(MistakesOf("SELECT '{ds}' AS a, '{other}' AS b, \"{end}\"\nFROM calls, edges"),
            "jobs/d/j/a.sql:1:9: {ds} stands in quotes; it is filled in as a literal with its own\n"
            "jobs/d/j/a.sql:1:38: {end} stands in quotes; it is filled in as a literal with its "
            "own");
}

TEST_F(SqlCheckTest, WarnsOfWhatNothingReads) {
  LoadSql("SELECT 1 AS id FROM calls");

  EXPECT_EQ(CheckWarnings(), "jobs/d/j/job.yaml:2:28: nothing reads the input 'edges'");
}

TEST_F(SqlCheckTest, AnInputThatIsNotWatchedMayGiveItsIntervalsAlone) {
  Load({{"jobs/d/j/job.yaml",
         "job: j\nreads: {calls: {table: shop.calls, watch: false}}\nsteps: [{sql: a.sql}]\n"
         "writes: [{table: s.a, from: a, mode: overwrite}]\n"},
        {"jobs/d/j/a.sql", "SELECT 1 AS id"}});

  EXPECT_EQ(CheckMistakes(), "");
  EXPECT_EQ(CheckWarnings(), "");
}

TEST_F(SqlCheckTest, LooksIntoChecks) {
  LoadSql(kGood, "checks: [{sql: check.sql}]");

  EXPECT_EQ(CheckMistakes(),
            "jobs/d/j/check.sql:1:38: relation 'edgs' is neither in 'reads' nor made by a step "
            "before; there are: calls, edges, a; did you mean 'edges'?");
}

// A condition of the clock reads other rows on every run.
TEST_F(SqlCheckTest, RefusesConditionsThatDiffer) {
  const auto mistakes = [&](const std::string& more) {
    Load({{"jobs/d/j/job.yaml",
           "job: j\nreads: {calls: {table: shop.calls, where: 'ts < now()'}}\nsteps: [{sql: "
           "a.sql}]\n"
           "writes: [{table: s.a, from: a, mode: overwrite}]\n" +
               more},
          {"jobs/d/j/a.sql", "SELECT 1 AS id FROM calls"}});
    return CheckMistakes();
  };

  EXPECT_EQ(mistakes(""),
            "jobs/d/j/job.yaml:2:9: where 'ts < now()': results would differ from run to run: now "
            "is the clock; {start}, {end} and {ds} are the interval (or deterministic: false, if "
            "that is meant)");
  EXPECT_EQ(mistakes("deterministic: false"), "");
}

TEST_F(SqlCheckTest, RefusesConditionsAndTypesThatAreNone) {
  Load({{"jobs/d/j/job.yaml",
         "job: j\nreads: {calls: {table: shop.calls, where: 'n >'}}\n"
         "steps: [{command: run, in: calls, out: x, columns: {x: id BIGINTT}}]\n"
         "writes: [{table: s.a, from: x, mode: merge, keys: id, delete_absent: 'n = ', columns: "
         "{id: BIGNT, ok: 'DECIMAL(18, 2)'}}]\n"}});

  EXPECT_EQ(CheckMistakes(),
            "jobs/d/j/job.yaml:2:9: where 'n >': not SQL: syntax error at or near \")\"\n"
            "jobs/d/j/job.yaml:3:9: columns of 'x': 'id BIGINTT' declares no columns, such as \"id "
            "BIGINT, name VARCHAR\"\n"
            "jobs/d/j/job.yaml:4:10: delete_absent 'n = ': not SQL: syntax error at or near \")\"\n"
            "jobs/d/j/job.yaml:4:92: column 'id': 'BIGNT' is no type of a table's column, such as "
            "BIGINT, VARCHAR, DECIMAL(18, 2), TIMESTAMPTZ");
}

TEST(FillInPlace, KeepsEveryPlace) {
  using Kind = project::SubstitutionValue::Kind;
  const project::Substitutions values = {
      {"ds", {.kind = Kind::kText, .text = "2026-01-05"}},
      {"var.n", {.kind = Kind::kLiteral, .text = "7"}},
      {"var.long", {.kind = Kind::kLiteral, .text = "123456789012"}},
      {"table.x", {.kind = Kind::kName, .text = "x"}}};

  EXPECT_EQ(FillInPlace("{ds} {var.n} {var.long} {table.x} {other} {{ds}", values),
            "'xx' 7       1          \"x\"       {other} { ds}");
}

}  // namespace
}  // namespace weir::jobs
