#include "jobs/graph/graph.h"

#include "jobs/graph/graph_fixture.h"

namespace weir::jobs {
namespace {

using Names = std::vector<std::string>;

TEST_F(GraphTest, EdgesAreTablesWrittenAndRead) {
  Load({{"jobs/d/c/job.yaml", Job("c", "x: s.a, y: s.b", "s.c")},
        {"jobs/d/b/job.yaml", Job("b", "x: s.a, z: ext.z", "s.b")},
        {"jobs/d/a/job.yaml", Job("a", "old: {table: s.c, previous: true}", "s.a")},
        {"jobs/d/early/job.yaml", Job("early", "x: s.c", "s.early")}});

  const Graph graph = Build();

  EXPECT_EQ(NamesOf(graph.order), (Names{"a", "b", "c", "early"}));
  EXPECT_EQ(NamesOf(graph.upstream[2]), (Names{"a", "b"}));
  EXPECT_EQ(NamesOf(graph.downstream[0]), (Names{"b", "c"}));
  EXPECT_TRUE(graph.upstream[0].empty());
  EXPECT_EQ(NamesOf(graph.tables.at("s.c").readers), (Names{"a", "early"}));
  EXPECT_TRUE(graph.tables.at("ext.z").writers.empty());
}

TEST_F(GraphTest, OfPartitionsHasATableForEach) {
  Load({{"jobs/d/a/job.yaml",
         "job: a\nper: region\nsteps: [{operator: f, out: rows}]\n"
         "writes: [{table: s.a_{region}, from: rows, mode: overwrite}]"},
        {"jobs/d/b/job.yaml", Job("b", "x: s.a_amer", "s.b")},
        {"jobs/d/c/job.yaml", Job("c", "x: s.a_asia", "s.c")}});

  const Graph graph = Build();

  EXPECT_EQ(NamesOf(graph.upstream[1]), Names{"a"});
  EXPECT_TRUE(graph.upstream[2].empty());
  EXPECT_EQ(NamesOf(graph.tables.at("s.a_emea").writers), Names{"a"});
}

TEST_F(GraphTest, ViewsStandForTheirTables) {
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.a")},
        {"jobs/d/b/job.yaml", Job("b", "x: s.deep", "s.b")},
        {"jobs/d/v/job.yaml",
         "job: v\nviews:\n  - {name: s.newest, sql: SELECT * FROM s.a WHERE n "
         "> {var.days}}\n  - {name: s.deep, sql: FROM s.newest JOIN ext.z "
         "USING (k)}\n"}});

  const Graph graph = Build();

  EXPECT_EQ(graph.views.at("s.deep"), (Names{"ext.z", "s.a"}));
  EXPECT_EQ(NamesOf(graph.upstream[1]), Names{"a"});
}

TEST_F(GraphTest, RefusesViewsThatCantBe) {
  Load({{"jobs/d/v/job.yaml",
         "job: v\nviews:\n  - {name: s.a, sql: FROM s.b}\n"
         "  - {name: s.b, sql: FROM s.a}\n"
         "  - {name: s.c, sql: FROM plain}\n"
         "  - {name: s.d, sql: SELEC 1}\n"
         "  - {name: s.e, sql: bad.sql}\n"},
        {"jobs/d/v/bad.sql", "SELECT 1,\n  2 FRM x;"}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/v/bad.sql:2:9: not SQL: syntax error at or near \"x\"\n"
            "jobs/d/v/job.yaml:3:5: views read each other: s.a -> s.b -> s.a\n"
            "jobs/d/v/job.yaml:5:5: view 's.c' reads 'plain'; a table or view is schema.name\n"
            "jobs/d/v/job.yaml:6:5: not SQL: syntax error at or near \"SELEC\"");
}

TEST_F(GraphTest, RefusesTwoWriters) {
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.t")}, {"jobs/d/b/job.yaml", Job("b", "", "s.t")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/b/job.yaml:4:10: table 's.t' is written by job a too; a table has one writer, "
            "or each has its own constant 'partition'");
}

TEST_F(GraphTest, TakesWritersOfPartsOfATable) {
  const std::string part = ", partition_by: [kind], partition: {kind: ";
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.t", part + "A}")},
        {"jobs/d/b/job.yaml", Job("b", "", "s.t", part + "B}")},
        {"jobs/d/c/job.yaml", Job("c", "x: s.t", "s.c")}});

  EXPECT_EQ(NamesOf(Build().upstream[2]), (Names{"a", "b"}));
}

TEST_F(GraphTest, RefusesWritersOfTheSamePartOrOtherPartitions) {
  const std::string part = ", partition_by: [kind], partition: {kind: ";
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.t", part + "A}")},
        {"jobs/d/b/job.yaml", Job("b", "", "s.t", part + "A}")},
        {"jobs/d/c/job.yaml",
         Job("c", "", "s.t", ", partition_by: [kind, day], partition: {kind: C}")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/b/job.yaml:4:10: table 's.t' is written by job a too; a table has one writer, "
            "or each has its own constant 'partition'\n"
            "jobs/d/c/job.yaml:4:10: table 's.t' has partition_by: [kind, day] here and [kind] in "
            "job a; all its writers must have the same");
}

TEST_F(GraphTest, RefusesOutputsThatDifferInLetterCaseOnlyAndSchemasThatSqlCannotRead) {
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.Orders")},
        {"jobs/d/b/job.yaml", Job("b", "", "S.orders")},
        {"jobs/d/e/job.yaml", Job("e", "", "Main.t")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/b/job.yaml:4:10: table 'S.orders' differs from 's.Orders' in letter case only, "
            "and SQL takes the two for one\n"
            "jobs/d/e/job.yaml:4:10: table 'Main.t': schema 'Main' is one of weir's and DuckDB's "
            "own; its tables can't be written");
}

TEST_F(GraphTest, TakesInstancesThatAreSeparatedByTheirColumn) {
  Load({{"jobs/d/a/job.yaml",
         "job: a\nper: region\nsteps: [{operator: f, out: rows}]\n"
         "writes: [{table: s.a, from: rows, mode: overwrite, partition_by: [region]}]"}});

  EXPECT_EQ(Mistakes(), "");
}

TEST_F(GraphTest, RefusesTablesOfOtherDomainsThatAreNoInterface) {
  Load({{"jobs/one/a/job.yaml", Job("a", "", "s.a")},
        {"jobs/one/b/job.yaml", Job("b", "", "s.b", ", interface: true")},
        {"jobs/one/c/job.yaml", Job("c", "", "s.c", ", interface: [three]")},
        {"jobs/two/x/job.yaml", Job("x", "a: s.a, b: s.b, c: s.c", "s.x")},
        {"jobs/three/y/job.yaml", Job("y", "c: {table: s.c}", "s.y")}});

  EXPECT_EQ(Mistakes(),
            "jobs/two/x/job.yaml:2:9: table 's.a' belongs to the domain one, whose job a doesn't "
            "offer it to two; 'interface: true' or 'interface: [two]' there would\n"
            "jobs/two/x/job.yaml:2:25: table 's.c' belongs to the domain one, whose job c doesn't "
            "offer it to two; 'interface: true' or 'interface: [two]' there would");
}

TEST_F(GraphTest, RefusesCyclesAndShowsTheWay) {
  Load({{"jobs/d/a/job.yaml", Job("a", "x: s.c", "s.a")},
        {"jobs/d/b/job.yaml", Job("b", "x: s.a", "s.b")},
        {"jobs/d/c/job.yaml", Job("c", "x: s.b", "s.c")},
        {"jobs/d/own/job.yaml", Job("own", "x: s.own", "s.own")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/a/job.yaml:2:9: jobs wait for each other: a -> b -> c -> a; 'previous: true' "
            "reads what was there before the interval\n"
            "jobs/d/own/job.yaml:2:9: jobs wait for each other: own -> own; 'previous: true' reads "
            "what was there before the interval");
}

TEST_F(GraphTest, RefusesStatesOfUnknownColumnsBefore) {
  const std::string head = "\nreads: {old: {table: s.t, previous: true}}\nsteps: [{sql: a.sql}]\n";
  Load({{"jobs/d/a/job.yaml", "job: a" + head + "writes: [{table: s.t, from: a, mode: overwrite}]"},
        {"jobs/d/a/a.sql", "FROM old"}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/a/job.yaml:2:9: the first run sees the table 's.t' empty, so its columns must "
            "be known: 'columns' is missing where job a writes it");
}

TEST_F(GraphTest, WarnsOfIntervalTablesOfUnknownColumnsBefore) {
  Load({{"jobs/d/a/job.yaml",
         "job: a\nreads: {old: {table: s.t, previous: true}}\nsteps: [{sql: a.sql}]\n"
         "writes: [{table: s.t, from: a, partition_by: ds}]"},
        {"jobs/d/a/a.sql", "FROM old"}});

  EXPECT_EQ(Mistakes(), "");
  EXPECT_EQ(CheckWarnings(),
            "jobs/d/a/job.yaml:2:9: the first run sees the table 's.t' empty, so its columns must "
            "be known: 'columns' is missing where job a writes it");
}

TEST_F(GraphTest, RefusesOptionalTablesOfUnknownColumns) {
  Load({{"jobs/d/a/job.yaml", Job("a",
                                  "x: {table: ext.x, optional: true}, y: {table: ext.y, "
                                  "optional: true, columns: {id: BIGINT}}",
                                  "s.a")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/a/job.yaml:2:9: the optional table 'ext.x' is written by no job; where it "
            "isn't there, its columns must be known: the key 'columns' is missing");
}

TEST_F(GraphTest, WarnsOfTablesThatAreAlmostWritten) {
  Load({{"jobs/d/a/job.yaml", Job("a", "", "s.orders")},
        {"jobs/d/b/job.yaml",
         "job: b\nreads: {x: s.order}\nsteps: [{operator: f, in: x, out: "
         "rows}]\nwrites: [{table: s.b, from: rows, mode: overwrite}]"}});

  EXPECT_EQ(CheckWarnings(),
            "jobs/d/b/job.yaml:2:9: table 's.order' is written by no job; did you mean "
            "'s.orders'?");
}

TEST_F(GraphTest, RefusesAWindowOnAState) {
  Load({{"jobs/d/w/job.yaml", Job("w", "x: s.outside", "s.state")},
        {"jobs/d/r/job.yaml", Job("r", "state: {table: s.state, window: 7 days}", "s.r")},
        {"jobs/d/o/job.yaml", Job("o", "x: {table: s.outside, window: 7 days}", "s.o")}});

  EXPECT_EQ(Mistakes(),
            "jobs/d/r/job.yaml:2:9: input 'state': 'window' limits the intervals of a table, but "
            "s.state holds one state, as job w writes it; 'where' limits its rows");
}

}  // namespace
}  // namespace weir::jobs
