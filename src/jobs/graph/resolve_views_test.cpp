#include "jobs/graph/resolve_views.h"

#include <functional>

#include "base/error.h"
#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

using project::Project;

TEST_F(GraphTest, AReadOfAViewBecomesReadsOfTablesAndSteps) {
  Load({{"jobs/d/v/job.yaml",
         "job: v\nviews:\n  - {name: s.inner, sql: 'SELECT * FROM s.a WHERE n > {var.days}'}\n"
         "  - {name: s.outer, sql: 'FROM s.inner JOIN ext.z USING (n)'}\n"},
        {"jobs/d/r/job.yaml",
         "job: r\nreads: {x: {table: s.outer, where: 'n < {var.days}', window: 2 days}, y: s.b}\n"
         "steps: [{operator: f, in: x, out: rows}]\nwrites: [{table: s.r, from: rows, mode: "
         "overwrite}]\n"}});

  const Project project = ResolveViews(project_, Build(), connection_);

  const project::Job& job = project.jobs[0];
  ASSERT_EQ(job.reads.size(), 3U);
  EXPECT_EQ(job.reads[0].name, "x/ext.z");
  EXPECT_EQ(job.reads[0].table, "ext.z");
  EXPECT_EQ(job.reads[0].window, std::chrono::days(2));
  EXPECT_EQ(job.reads[0].where, "");
  EXPECT_EQ(job.reads[1].name, "x/s.a");
  EXPECT_EQ(job.reads[2].name, "y");
  ASSERT_EQ(job.steps.size(), 4U);
  EXPECT_EQ(job.steps[0].out, (std::vector<std::string>{"x/s.inner"}));
  EXPECT_EQ(job.steps[1].out, (std::vector<std::string>{"x/s.outer"}));
  EXPECT_EQ(job.steps[2].out, (std::vector<std::string>{"x"}));
  EXPECT_EQ(job.steps[3].what, "f");
}

// What the steps give equals what DuckDB's own views give.
TEST_F(GraphTest, StepsOfAViewGiveTheViewsRows) {
  const std::map<std::string, std::string> names{{"s.a", "x/s.a"}, {"s.b", "x/s.b"}};
  connection_.Run(
      "CREATE SCHEMA s; CREATE TABLE s.a AS SELECT i AS id, i % 3 AS k FROM range(20) AS t(i);"
      "CREATE TABLE s.b AS SELECT i AS k, 'b' || i AS name FROM range(2) AS t(i);"
      "CREATE TEMP VIEW \"x/s.a\" AS FROM s.a; CREATE TEMP VIEW \"x/s.b\" AS FROM s.b");
  for (const char* sql : {
           "SELECT * FROM s.a",
           "SELECT a.id, b.name FROM s.a LEFT JOIN s.b USING (k)",
           "SELECT one.id FROM s.a AS one JOIN s.a AS other ON one.id = other.k",
           "WITH a AS (SELECT max(id) AS id FROM s.a) SELECT id, (SELECT count(*) FROM s.b) FROM a",
           "SELECT id FROM s.a WHERE k IN (SELECT k FROM s.b) UNION ALL SELECT k FROM s.b",
           "SELECT {'a': id} AS part, 's.a' AS text, [x FOR x IN [1, 2]] AS list FROM s.a",
           "SELECT k, sum(id) FILTER (id > 3) AS n FROM s.a GROUP BY ALL HAVING count(*) > 1",
       }) {
    const std::string renamed = WithRelations(sql, names, connection_);

    EXPECT_EQ(renamed.find("s.a "), std::string::npos) << renamed;
    EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM ((" + renamed + ") EXCEPT ALL (" +
                                       std::string(sql) + "))"),
              0)
        << sql;
    EXPECT_EQ(connection_.QueryInteger("SELECT count(*) FROM (" + renamed + ")"),
              connection_.QueryInteger("SELECT count(*) FROM (" + std::string(sql) + ")"))
        << sql;
  }
}

TEST_F(GraphTest, AViewOfAPartitionIsNoInput) {
  Load({{"jobs/d/v/job.yaml",
         "job: v\nper: region\nviews: [{name: 's.v_{region}', sql: 'FROM s.a_{region}'}]\n"},
        {"jobs/d/r/job.yaml", Job("r", "x: s.v_amer", "s.r")}});
  const Graph graph = Build();

  EXPECT_EQ(graph.views.at("s.v_emea"), std::vector<std::string>{"s.a_emea"});
  EXPECT_THROW(ResolveViews(project_, graph, connection_), UserError);
}

}  // namespace
}  // namespace weir::jobs
