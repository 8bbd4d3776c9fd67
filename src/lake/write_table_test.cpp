#include "lake/write_table.h"

#include "base/error.h"
#include "lake/new_table.h"
#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using testing::Test;
using Strings = std::vector<std::string>;

class WriteTableTest : public OperationsTest {};

TEST_F(WriteTableTest, AppendMakesTheTableAndThenAdds) {
  const Committed first = Append("SELECT 1 AS id, 'a' AS name");
  const Committed second = Append("SELECT 2 AS id, NULL::VARCHAR AS name");
  EXPECT_EQ(first.version, 0);
  EXPECT_EQ(second.version, 1);
  EXPECT_EQ(second.metrics.rows_inserted, 1);
  EXPECT_EQ(Rows(), (Strings{"1|a", "2|null"}));
  EXPECT_EQ(Rows({.version = 0, .as_of = {}}), (Strings{"1|a"}));
}

TEST_F(WriteTableTest, AFolderThatHoldsOtherFilesBecomesNoTable) {
  warehouse_.store().Put("s/t/jan.csv", "id\n1\n");

  const std::string error = ErrorOf([&] { Append("SELECT 1 AS id"); });

  EXPECT_NE(error.find("jan.csv"), std::string::npos) << error;
  EXPECT_EQ(LatestVersion(Table()), -1);
}

TEST_F(WriteTableTest, WhatADeadWriterLeftIsNoHindrance) {
  warehouse_.store().Put("s/t/part-r1-0a1b2c3d-0.parquet", "x");
  warehouse_.store().Put("s/t/p=1/part-r1-0a1b2c3d-1.parquet", "x");
  EXPECT_EQ(Append("SELECT 1 AS id").version, 0);
  EXPECT_EQ(Rows(), (Strings{"1"}));
}

TEST_F(WriteTableTest, ANameThatDiffersInLetterCaseOnlyIsRefused) {
  Append("SELECT 1 AS id");
  for (const char* name : {"s.T", "S.t"}) {
    const std::string error = ErrorOf(
        [&] { WriteTable(warehouse_, warehouse_.FolderOf(name), {.select = "SELECT 1 AS id"}); });
    EXPECT_NE(error.find("but s.t"), std::string::npos) << error;
  }
  EXPECT_EQ(warehouse_.TableNames(), (Strings{"s.t"}));
  WriteTable(warehouse_, warehouse_.FolderOf("S.u"), {.select = "SELECT 1 AS id"});
}

TEST_F(WriteTableTest, AUsersTableNeedsAPlaceAndASchemaOfItsOwn) {
  Append("SELECT 1 AS id");
  const auto refusal = [&](const std::string& name) {
    return ErrorOf([&] {
      const TableFolder table = warehouse_.Resolve(name);
      CheckUsersTable(table);
      CheckNoSchemasFolder(warehouse_, table);
    });
  };

  EXPECT_NE(refusal(Root() + "/").find("is the warehouse"), std::string::npos);
  EXPECT_NE(refusal(Root() + "/other").find("'other'"), std::string::npos);
  for (const char* name : {"weir.runs", "Weir.x", "main.t", "TEMP.t", "system.t", "pg_catalog.t"}) {
    EXPECT_NE(refusal(name).find("schema"), std::string::npos) << name;
  }
  EXPECT_EQ(refusal("s.new"), "");
  EXPECT_EQ(refusal(Root() + "/s/new"), "");
  if (!storage::TestsAreOnS3()) {
    EXPECT_NE(refusal(Root() + "/s/t/x").find("inside of the table"), std::string::npos);
  }
}

TEST_F(WriteTableTest, AnEmptySourceMakesATableWithoutFiles) {
  Append("SELECT 1 AS id WHERE false");
  EXPECT_TRUE(Open().exists());
  EXPECT_TRUE(Rows().empty());
}

TEST_F(WriteTableTest, AppendingNothingCommitsNothing) {
  Append("SELECT 1 AS id");
  const Committed again = Append("SELECT 1 AS id WHERE false");
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.version, 0);
  EXPECT_EQ(Open().version, 0);
}

TEST_F(WriteTableTest, NaiveTimestampsBecomeUtcAlsoInside) {
  Append("SELECT TIMESTAMP '2026-01-02 03:04:05' AS t, [TIMESTAMP '2026-01-02 03:04:05'] AS l");
  const Schema schema = Open().metadata.schema;
  EXPECT_EQ(ToText(schema.fields[0].type), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(ToText(schema.fields[1].type), "TIMESTAMP WITH TIME ZONE[]");
  EXPECT_EQ(Rows(), (Strings{"2026-01-02 03:04:05+00|['2026-01-02 03:04:05+00']"}));
}

TEST_F(WriteTableTest, ATypeThatTablesCantHoldNamesTheColumn) {
  const std::string error = ErrorOf([&] { Append("SELECT INTERVAL 1 DAY AS gap"); });
  EXPECT_NE(error.find("column \"gap\""), std::string::npos) << error;
}

TEST_F(WriteTableTest, ColumnsMatchByNameWithoutLetterCase) {
  Append("SELECT 1 AS id, 'a' AS name");
  Append("SELECT 'b' AS NAME, 2 AS Id");
  EXPECT_EQ(Rows(), (Strings{"1|a", "2|b"}));
  EXPECT_EQ(Open().metadata.schema.names(), (Strings{"id", "name"}));
}

TEST_F(WriteTableTest, AMissingColumnIsNullAndANewOneIsAdded) {
  Append("SELECT 1 AS id, 'a' AS name");
  Append("SELECT 2 AS id, 2.5::DOUBLE AS score");
  EXPECT_EQ(Rows(), (Strings{"1|a|null", "2|null|2.5"}));
}

TEST_F(WriteTableTest, ANarrowerTypeWidensAndAnotherIsRefusedWithBothNamed) {
  Append("SELECT 1::BIGINT AS id");
  Append("SELECT 2::SMALLINT AS id");
  EXPECT_EQ(Rows(), (Strings{"1", "2"}));
  const std::string error = ErrorOf([&] { Append("SELECT 'x' AS id"); });
  EXPECT_NE(error.find("column \"id\""), std::string::npos) << error;
  EXPECT_NE(error.find("VARCHAR"), std::string::npos) << error;
  EXPECT_NE(error.find("BIGINT"), std::string::npos) << error;
}

TEST_F(WriteTableTest, NullsAreRefusedWhereTheTableHasNone) {
  Append("SELECT 1 AS id, {'x': 1, 'y': 2} AS s");
  const Snapshot base = Open();
  Changes changes;
  changes.metadata = base.metadata;
  changes.metadata->schema.fields[0].nullable = false;
  changes.metadata->schema.fields[1].type.children[0].nullable = false;  // s.x
  changes.metadata->schema_string = SchemaToJson(changes.metadata->schema);
  warehouse_.Commit(Table(), base, changes);

  const std::string suffix = " must not be null, but a row has no value";
  EXPECT_EQ(ErrorOf([&] { Append("SELECT {'x': 1} AS s"); }), "s.t: column \"id\"" + suffix);
  EXPECT_EQ(ErrorOf([&] { Append("SELECT 2 AS id, {'y': 1} AS s"); }),
            "s.t: column \"s\"" + suffix);
  EXPECT_EQ(ErrorOf([&] { Merge("SELECT 1 AS id, {'y': 1} AS s"); }), "s.t: column \"s\"" + suffix);
  Append("SELECT 2 AS id");
  Merge("SELECT 1 AS id, {'x': 3} AS s");
  EXPECT_EQ(Rows(), (Strings{"1|{'x': 3, 'y': NULL}", "2|null"}));
}

TEST_F(WriteTableTest, PartitionColumnsCantBeChangedByAWrite) {
  Append("SELECT 1 AS id, 'a' AS p", {"p"});
  EXPECT_NE(ErrorOf([&] { Append("SELECT 1 AS id, 'a' AS p", {"id"}); }).find("partitioned by (p)"),
            std::string::npos);
  EXPECT_EQ(Append("SELECT 2 AS id, 'b' AS p", {"P"}).version, 1);
}

TEST_F(WriteTableTest, UnknownPartitionAndSortColumnsAreUserErrors) {
  EXPECT_NE(ErrorOf([&] { Append("SELECT 1 AS id, 2 AS region", {"regio"}); }).find("region"),
            std::string::npos);
  const auto sort = [&] { Write({.select = "SELECT 1 AS id", .sort_by = {"ix"}}); };
  EXPECT_NE(ErrorOf(sort).find("\"ix\""), std::string::npos);
}

TEST_F(WriteTableTest, OverwriteReplacesAllRowsAndMayReadItsOwnTable) {
  Append("SELECT range AS id FROM range(3)");
  const std::string scan = ScanSql(Table(), Open());
  const Committed done =
      Write({.select = "SELECT id + 10 AS id FROM (" + scan + ")", .mode = WriteMode::kOverwrite});
  EXPECT_EQ(Rows(), (Strings{"10", "11", "12"}));
  EXPECT_EQ(done.metrics.rows_deleted, 3);
  EXPECT_EQ(done.metrics.files_removed, 1);
}

TEST_F(WriteTableTest, ReplaceTouchesItsPartitionAlone) {
  Append("SELECT * FROM (VALUES (1, DATE '2026-01-01'), (2, DATE '2026-01-02')) v(id, ds)", {"ds"});
  Write({.select = "SELECT 3 AS id, DATE '2026-01-02' AS ds",
         .mode = WriteMode::kReplace,
         .replace = {{"ds", "2026-01-02"}}});
  EXPECT_EQ(Rows(), (Strings{"1|2026-01-01", "3|2026-01-02"}));
}

TEST_F(WriteTableTest, ReplaceWithNoRowsEmptiesThePartition) {
  Append("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, p)", {"p"});
  Write({.select = "SELECT 3 AS id, 'b' AS p WHERE false",
         .mode = WriteMode::kReplace,
         .replace = {{"p", "b"}}});
  EXPECT_EQ(Rows(), (Strings{"1|a"}));
}

TEST_F(WriteTableTest, ReplaceRefusesRowsOutsideWithExamplesAndLeavesNoFiles) {
  Append("SELECT 1 AS id, 'a' AS p", {"p"});
  const auto files_before = warehouse_.store().List("s/t/");
  const std::string error = ErrorOf([&] {
    Write({.select = "SELECT * FROM (VALUES (1, 'b'), (2, 'c'), (3, 'c'), (4, NULL)) v(id, p)",
           .mode = WriteMode::kReplace,
           .replace = {{"p", "b"}}});
  });
  EXPECT_NE(error.find("2 rows with p = c"), std::string::npos) << error;
  EXPECT_NE(error.find("1 row with p = null"), std::string::npos) << error;
  EXPECT_EQ(warehouse_.store().List("s/t/").size(), files_before.size());
}

TEST_F(WriteTableTest, ReplaceWithoutPredicateReplacesThePartitionsOfTheSource) {
  Append("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) v(id, p)", {"p"});
  Write({.select = "SELECT * FROM (VALUES (4, 'a'), (5, NULL)) v(id, p)",
         .mode = WriteMode::kReplace});
  EXPECT_EQ(Rows(), (Strings{"2|b", "4|a", "5|null"}));
}

TEST_F(WriteTableTest, ReplaceUnderstandsValuesOfEveryPartitionType) {
  const Strings types = {"INTEGER", "DECIMAL(6,2)", "TIMESTAMPTZ", "BOOLEAN", "DOUBLE", "VARCHAR"};
  const Strings values = {"7", "1.50", "2026-01-02 03:04:05.5", "true", "1.5", "a b/%=é"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    const TableFolder table = warehouse_.FolderOf(fmt::format("s.t{}", i));
    const std::string value = fmt::format("{}::{}", sql::QuoteText(values[i]), types[i]);
    WriteTable(warehouse_, table,
               {.select = fmt::format("SELECT 1 AS id, {} AS p", value), .partition_by = {"p"}});
    WriteTable(warehouse_, table,
               {.select = fmt::format("SELECT 2 AS id, {} AS p", value),
                .mode = WriteMode::kReplace,
                .replace = {{"p", values[i]}}});
    const Snapshot snapshot = warehouse_.Open(table);
    EXPECT_EQ(snapshot.files.size(), 1U) << types[i];
    EXPECT_EQ(Unsorted("SELECT id FROM (" + ScanSql(table, snapshot) + ")",
                       {.fields = {{.name = "id", .type = {}}}}),
              (Strings{"2"}))
        << types[i];
  }
}

TEST_F(WriteTableTest, AppendsBesideAReplaceOfAnotherPartitionRebase) {
  Append("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, p)", {"p"});
  const Snapshot base = Open();
  const TableFolder table = Table();
  const TableAt at{.folder = table, .snapshot = base};
  const Changes replace = PlanWrite(
      warehouse_, at,
      {.select = "SELECT 3 AS id, 'b' AS p", .mode = WriteMode::kReplace, .replace = {{"p", "b"}}});
  Append("SELECT 4 AS id, 'a' AS p");
  EXPECT_EQ(CommitPlanned(warehouse_, at, replace).version, 2);
  EXPECT_EQ(Rows(), (Strings{"1|a", "3|b", "4|a"}));
}

TEST_F(WriteTableTest, AnOverwriteConflictsWithAnAppendInBetween) {
  Append("SELECT 1 AS id");
  const Snapshot base = Open();
  const TableFolder table = Table();
  const TableAt at{.folder = table, .snapshot = base};
  const Changes overwrite =
      PlanWrite(warehouse_, at, {.select = "SELECT 2 AS id", .mode = WriteMode::kOverwrite});
  Append("SELECT 3 AS id");
  EXPECT_THROW(CommitPlanned(warehouse_, at, overwrite), ConflictError);
}

TEST_F(WriteTableTest, CommitInfoSaysWhatWasDoneAndWhoDidIt) {
  CommitInfo origin;
  origin.run_id = "run-1";
  origin.job = "a/b";
  Write({.select = "SELECT 1 AS id", .origin = origin});
  const auto actions = ReadLogEntry(Table(), 0);
  const auto* info = std::get_if<CommitInfo>(&actions.at(0));
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->operation, "WRITE");
  EXPECT_EQ(info->parameters.at("mode"), "append");
  EXPECT_EQ(info->metrics.at("numInsertedRows"), "1");
  EXPECT_EQ(info->run_id, "run-1");
  EXPECT_TRUE(info->is_blind_append);
}

TEST_F(WriteTableTest, ModesAreReadByName) {
  EXPECT_EQ(ParseWriteMode("merge"), WriteMode::kMerge);
  EXPECT_NE(ErrorOf([] { ParseWriteMode("apend"); }).find("did you mean 'append'"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::lake
