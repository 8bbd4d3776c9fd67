#include "jobs/graph/column_check.h"

#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

class ColumnCheckTest : public GraphTest {
 protected:
  // A job that makes `a` of shop.calls (id BIGINT, name VARCHAR, price DECIMAL(18,2)) by a.sql.
  void LoadSql(const std::string& sql, const std::string& writes, const std::string& more = "") {
    Load({{"jobs/d/j/job.yaml",
           "job: j\nreads: {calls: shop.calls}\nsteps: [{sql: a.sql}]\n"
           "writes:\n  - {table: s.a, from: a, mode: overwrite" +
               writes + "}\n" + more},
          {"jobs/d/j/a.sql", sql},
          {"jobs/d/j/check.sql", "SELECT idd FROM s.a"}});
  }

  Findings CheckAll() {
    const auto operators = operators::BuiltinOperators();
    const auto connectors = connectors::BuiltinConnectors();
    Findings findings;
    const Graph graph = CheckProject(project_, connection_, findings);
    EXPECT_EQ(findings.mistakes.ToText(project_.folder), "");
    CheckColumns(
        graph, {.operators = operators, .connectors = connectors},
        [&](const std::string& table) {
          return existing_.contains(table) ? std::optional(existing_.at(table)) : std::nullopt;
        },
        connection_, findings);
    return findings;
  }

  std::string TextOf(const project::Mistakes& mistakes) const {
    return folder_.WithoutFolder(mistakes.ToText(project_.folder));
  }

  std::string MistakesOf(const std::string& sql, const std::string& writes = "",
                         const std::string& more = "") {
    LoadSql(sql, writes, more);
    const Findings findings = CheckAll();
    EXPECT_EQ(TextOf(findings.unchecked), "");
    return TextOf(findings.mistakes);
  }

  std::map<std::string, Schema> existing_ = {
      {"shop.calls",
       {{{.name = "id", .type = PlainType(TypeKind::kLong)},
         {.name = "name", .type = PlainType(TypeKind::kString)},
         {.name = "price", .type = DecimalOf(18, 2)}}}}};
};

TEST_F(ColumnCheckTest, TakesWhatFits) {
  EXPECT_EQ(MistakesOf("SELECT id, upper(name) AS name, {var.days} AS days, {start} - INTERVAL 1 "
                       "DAY AS t FROM calls",
                       ", partition_by: [ds], sort_by: [id], columns: {id: BIGINT, name: VARCHAR, "
                       "days: BIGINT, t: TIMESTAMPTZ, ds: VARCHAR}",
                       "checks: [{relation: a, unique: [id]}, {table: s.a, not_null: [NAME]}]"),
            "");
}

TEST_F(ColumnCheckTest, NamesAColumnThatIsNotThere) {
  EXPECT_EQ(MistakesOf("-- {ds}\nSELECT\n  {ds}, nmae FROM calls"),
            "jobs/d/j/a.sql:3:9: there is no column 'nmae' here; did you mean 'name'?");
  EXPECT_EQ(MistakesOf("SELECT c.prize FROM calls c"),
            "jobs/d/j/a.sql:1:8: there is no column 'prize' here; did you mean 'price'?");
  EXPECT_EQ(MistakesOf("SELECT id FROM calls JOIN calls d USING (idd)"),
            "jobs/d/j/a.sql:1:1: there is no column 'idd' here; did you mean 'id'?");
}

TEST_F(ColumnCheckTest, NamesAFunctionThatIsNotThere) {
  EXPECT_EQ(MistakesOf("SELECT id,\n  lenth(name) AS n FROM calls"),
            "jobs/d/j/a.sql:2:3: unknown function 'lenth'; did you mean 'length'?");
}

TEST_F(ColumnCheckTest, TellsWhyTypesDoNotFit) {
  EXPECT_EQ(MistakesOf("SELECT\n  sum(name) AS n FROM calls"),
            "jobs/d/j/a.sql:2:3: No function matches the given name and argument types "
            "'sum(VARCHAR)'. You might need to add explicit type casts.");
}

TEST_F(ColumnCheckTest, HoldsRowsAgainstTheContract) {
  EXPECT_EQ(MistakesOf("SELECT id AS n FROM calls", ", columns: {n: BIGINT, name: VARCHAR}"),
            "jobs/d/j/job.yaml:5:71: the contract of s.a has a column \"name\", relation 'a' has "
            "none");
  EXPECT_EQ(MistakesOf("SELECT id, name FROM calls", ", columns: {id: BIGINT}"),
            "jobs/d/j/job.yaml:5:5: relation 'a' has a column \"name\" that the contract of s.a "
            "lacks");
  EXPECT_EQ(MistakesOf("SELECT price FROM calls", ", columns: {price: 'DECIMAL(10, 2)'}"),
            "jobs/d/j/job.yaml:5:61: column \"price\" of relation 'a' is DECIMAL(18,2); the "
            "contract of s.a says DECIMAL(10, 2)");
}

TEST_F(ColumnCheckTest, TakesATypeThatWidens) {
  EXPECT_EQ(MistakesOf("SELECT CAST(id AS INTEGER) AS id, price FROM calls",
                       ", columns: {id: BIGINT, price: 'DECIMAL(20, 2)'}"),
            "");
}

TEST_F(ColumnCheckTest, NamesATypeThatTablesCannotHold) {
  const std::string mistakes = MistakesOf("SELECT CAST(name AS TIMETZ) AS n FROM calls");

  EXPECT_TRUE(mistakes.starts_with("jobs/d/j/job.yaml:5:5: relation 'a': ")) << mistakes;
  EXPECT_NE(mistakes.find("TIME"), std::string::npos) << mistakes;
}

TEST_F(ColumnCheckTest, LooksForColumnsThatKeysName) {
  EXPECT_EQ(MistakesOf("SELECT id, name FROM calls", ", sort_by: [nam]"),
            "jobs/d/j/job.yaml:5:5: sort_by: no column 'nam' in 'a', which has id, name; did you "
            "mean 'name'?");
  EXPECT_EQ(
      MistakesOf("SELECT id FROM calls", "",
                 "checks:\n  - {relation: a, unique: [idd]}\n"
                 "  - {relation: a, references: {columns: [id], table: shop.calls, to: [x]}}"),
      "jobs/d/j/job.yaml:7:5: check 'unique(idd)': no column 'idd' in 'a', which has id; did "
      "you mean 'id'?\n"
      "jobs/d/j/job.yaml:8:5: check 'references(id)': no column 'x' in 'shop.calls', which "
      "has id, name, price");
}

TEST_F(ColumnCheckTest, BindsChecksOverTheTableThatIsWritten) {
  EXPECT_EQ(MistakesOf("SELECT id FROM calls", "", "checks: [{sql: check.sql, expect: no_rows}]"),
            "jobs/d/j/check.sql:1:8: there is no column 'idd' here; did you mean 'id'?");
}

TEST_F(ColumnCheckTest, BindsConditions) {
  Load({{"jobs/d/j/job.yaml",
         "job: j\nreads: {calls: {table: shop.calls, where: 'nam = {ds}'}}\n"
         "steps: [{sql: a.sql}]\nwrites: [{table: s.a, from: a, mode: overwrite}]"},
        {"jobs/d/j/a.sql", "FROM calls"}});

  EXPECT_EQ(TextOf(CheckAll().mistakes),
            "jobs/d/j/job.yaml:2:9: where 'nam = {ds}': there is no column 'nam' here; did you "
            "mean 'name'?");
}

// What a job gives a table without contract is what the jobs behind it read.
TEST_F(ColumnCheckTest, FollowsColumnsFromJobToJob) {
  Load({{"jobs/d/first/job.yaml",
         "job: first\nper: region\nreads: {calls: shop.calls}\nsteps: [{sql: a.sql}]\n"
         "writes: [{table: 's.a_{region}', from: a, partition_by: [ds]}]"},
        {"jobs/d/first/a.sql", "SELECT id AS number FROM calls"},
        {"jobs/d/second/job.yaml",
         "job: second\nreads: {a: s.a_emea}\nsteps: [{sql: b.sql}]\n"
         "writes: [{table: s.b, from: b, mode: overwrite}]"},
        {"jobs/d/second/b.sql", "SELECT ds, numbr FROM a"}});

  const Findings findings = CheckAll();

  EXPECT_EQ(TextOf(findings.mistakes),
            "jobs/d/second/b.sql:1:12: there is no column 'numbr' here; did you mean 'number'?");
  EXPECT_EQ(TextOf(findings.unchecked), "");
}

TEST_F(ColumnCheckTest, FollowsColumnsThroughOperators) {
  const std::string job =
      "job: j\nreads: {calls: shop.calls}\nsteps:\n  - operator: rank_rows\n"
      "    in: {rows: calls}\n    with: {order_by: [WHAT], as: rank}\n    out: ranked\n"
      "  - sql: a.sql\nwrites: [{table: s.a, from: a, mode: overwrite}]";
  const auto load = [&](const std::string& column) {
    std::string text = job;
    text.replace(text.find("WHAT"), 4, column);
    Load({{"jobs/d/j/job.yaml", text}, {"jobs/d/j/a.sql", "SELECT id, rnk FROM ranked"}});
    return TextOf(CheckAll().mistakes);
  };

  EXPECT_EQ(load("id"), "jobs/d/j/a.sql:1:12: there is no column 'rnk' here; did you mean 'rank'?");
  EXPECT_NE(load("idd").find("jobs/d/j/job.yaml:4:5: "), std::string::npos);
}

TEST_F(ColumnCheckTest, BindsViews) {
  Load({{"jobs/d/j/job.yaml",
         "job: j\nreads: {calls: shop.named}\nsteps: [{sql: a.sql}]\n"
         "writes: [{table: s.a, from: a, mode: overwrite}]\n"
         "views:\n  - {name: shop.named, sql: SELECT name FROM shop.calls}\n"
         "  - {name: shop.wrong, sql: SELECT nam FROM shop.named}\n"},
        {"jobs/d/j/a.sql", "SELECT id FROM calls"}});

  EXPECT_EQ(TextOf(CheckAll().mistakes),
            "jobs/d/j/a.sql:1:8: there is no column 'id' here\n"
            "jobs/d/j/job.yaml:7:5: there is no column 'nam' here; did you mean 'name'?");
}

// Sums of DOUBLE come in another order each time; only types show them.
TEST_F(ColumnCheckTest, RefusesSumsOfDoubles) {
  existing_["shop.calls"].fields.push_back(
      {.name = "seconds", .type = PlainType(TypeKind::kDouble)});
  const std::string mistake =
      "results would differ from run to run: sum() of DOUBLE adds in any order; use DECIMAL or "
      "exact_sum() (or deterministic: false, if that is meant)";
  EXPECT_EQ(MistakesOf("-- {ds}\nSELECT {ds} AS day, sum(id) AS n, sum(seconds) AS s FROM calls"),
            "jobs/d/j/a.sql:2:35: " + mistake);
  EXPECT_EQ(MistakesOf("SELECT exact_sum(seconds) AS s FROM calls"), "");
  EXPECT_EQ(MistakesOf("SELECT sum(seconds) AS s FROM calls", "", "deterministic: false"), "");
}

// Each text is looked at by itself, not with those that it reads.
TEST_F(ColumnCheckTest, RefusesEachSumWhereItStands) {
  existing_["shop.calls"].fields.push_back(
      {.name = "seconds", .type = PlainType(TypeKind::kDouble)});
  Load({{"jobs/d/j/job.yaml",
         "job: j\nreads: {named: shop.named}\nsteps:\n"
         "  - {sql: a.sql, deterministic: false}\n  - sql: b.sql\n"
         "writes: [{table: s.b, from: b, mode: overwrite}]\n"
         "views:\n  - {name: shop.named, sql: 'SELECT id, avg(seconds) AS s FROM shop.calls GROUP "
         "BY id'}\n  - {name: shop.unread, sql: SELECT avg(seconds) AS s FROM shop.calls}\n"},
        {"jobs/d/j/a.sql", "SELECT id, sum(s) AS n FROM named GROUP BY id"},
        {"jobs/d/j/b.sql", "SELECT n, sum(id) AS n2 FROM a GROUP BY n"}});

  EXPECT_EQ(TextOf(CheckAll().mistakes),
            "jobs/d/j/job.yaml:8:5: results would differ from run to run: avg() of DOUBLE adds in "
            "any order; use DECIMAL or exact_sum(x) / count(x) (or deterministic: false, if that "
            "is meant)");
}

TEST_F(ColumnCheckTest, SaysWhatItCouldNotLookAt) {
  existing_.clear();
  LoadSql("SELECT no_such_column FROM calls", ", columns: {id: BIGINT}");

  const Findings findings = CheckAll();

  EXPECT_EQ(TextOf(findings.mistakes), "");
  const std::string reason =
      "the columns of table shop.calls aren't known: nobody declares them, and it isn't there";
  EXPECT_EQ(TextOf(findings.unchecked), "jobs/d/j/a.sql:1:1: " + reason +
                                            "\njobs/d/j/job.yaml:2:9: " + reason +
                                            "\njobs/d/j/job.yaml:5:5: " + reason);
}

TEST_F(ColumnCheckTest, LeavesTheConnectionAsItWas) {
  LoadSql("SELECT id FROM calls", "");
  CheckAll();

  EXPECT_EQ(TextOf(CheckAll().mistakes), "");
  EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM duckdb_views() WHERE NOT internal"), 0);
}

}  // namespace
}  // namespace weir::jobs
