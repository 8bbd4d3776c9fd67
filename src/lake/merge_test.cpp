#include "lake/merge.h"

#include "base/error.h"
#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class MergeTest : public OperationsTest {};

TEST_F(MergeTest, UpdatesInsertsAndKeepsTheRest) {
  Append("SELECT range AS id, 'old' AS name FROM range(3)");
  const Committed done =
      Merge("SELECT * FROM (VALUES (1::BIGINT, 'new'), (5, 'come')) v(id, name)");
  EXPECT_EQ(Rows(), (Strings{"0|old", "1|new", "2|old", "5|come"}));
  EXPECT_EQ(done.metrics.rows_updated, 1);
  EXPECT_EQ(done.metrics.rows_inserted, 1);
  EXPECT_EQ(done.metrics.rows_deleted, 0);
}

TEST_F(MergeTest, IntoNoTableMakesIt) {
  EXPECT_EQ(Merge("SELECT 1 AS id, 'a' AS name").version, 0);
  EXPECT_EQ(Rows(), (Strings{"1|a"}));
}

TEST_F(MergeTest, EqualRowsCommitNothing) {
  Append("SELECT range AS id, NULL::VARCHAR AS name, 'nan'::DOUBLE AS x FROM range(3)");
  const Committed done = Merge("SELECT 1::BIGINT AS id, NULL::VARCHAR AS name, 'nan'::DOUBLE AS x");
  EXPECT_FALSE(done.changed);
  EXPECT_EQ(Open().version, 0);
}

TEST_F(MergeTest, AnEmptySourceCommitsNothing) {
  Append("SELECT 1 AS id");
  EXPECT_FALSE(Merge("SELECT 1 AS id WHERE false").changed);
}

TEST_F(MergeTest, OnlyFilesWithChangedRowsAreRewritten) {
  Append("SELECT range AS id, 'a' AS name FROM range(0, 10)");
  Append("SELECT range AS id, 'b' AS name FROM range(10, 20)");
  Append("SELECT range AS id, 'c' AS name FROM range(5, 25)");  // same ids, too
  const Strings before = Paths();
  const Committed done = Merge("SELECT * FROM (VALUES (12::BIGINT, 'x'), (3, 'a')) v(id, name)");
  EXPECT_EQ(done.metrics.files_removed, 2);
  EXPECT_EQ(done.metrics.rows_updated, 2);
  std::size_t kept = 0;
  for (const std::string& path : Paths()) {
    kept += std::ranges::find(before, path) != before.end() ? 1U : 0U;
  }
  EXPECT_EQ(kept, 1U);
}

TEST_F(MergeTest, AllTargetRowsWithTheKeyAreUpdated) {
  Append("SELECT unnest([1, 1, 2]) AS id, 'a' AS name");
  EXPECT_EQ(Merge("SELECT 1 AS id, 'b' AS name").metrics.rows_updated, 2);
  EXPECT_EQ(Rows(), (Strings{"1|b", "1|b", "2|a"}));
}

TEST_F(MergeTest, ColumnsThatTheSourceLacksKeepTheirValue) {
  Append("SELECT 1 AS id, 'a' AS name, 5 AS score");
  Merge("SELECT unnest([1, 2]) AS id, 'b' AS name");
  EXPECT_EQ(Rows(), (Strings{"1|b|5", "2|b|null"}));
}

TEST_F(MergeTest, NewColumnsAreAdded) {
  Append("SELECT unnest([1, 2]) AS id");
  Merge("SELECT 2 AS id, 'x' AS extra");
  EXPECT_EQ(Rows(), (Strings{"1|null", "2|x"}));
}

TEST_F(MergeTest, RowsMayChangePartition) {
  Append("SELECT range AS id, 'a' AS p, range * 10 AS score FROM range(4)", {"p"});
  const Committed done = Merge("SELECT * FROM (VALUES (1::BIGINT, 'b'), (2, 'b')) v(id, p)");
  EXPECT_EQ(Rows(), (Strings{"0|a|0", "1|b|10", "2|b|20", "3|a|30"}));
  EXPECT_EQ(done.metrics.rows_updated, 2);
  EXPECT_EQ(done.metrics.rows_deleted, 0);
  EXPECT_EQ(Open().files.size(), 2U);
}

TEST_F(MergeTest, KeysOfSeveralColumnsWithAPartitionAmongThem) {
  Append("SELECT * FROM (VALUES ('a', 1, 1), ('b', 1, 2)) v(p, id, x)", {"p"});
  Merge("SELECT * FROM (VALUES ('b', 1, 3), ('c', 1, 4)) v(p, id, x)", {"p", "id"});
  EXPECT_EQ(Rows(), (Strings{"a|1|1", "b|1|3", "c|1|4"}));
}

TEST_F(MergeTest, AColumnMayBeCalledRowid) {
  Append("SELECT range AS id, 7 AS rowid FROM range(3)");
  Merge("SELECT * FROM (VALUES (1::BIGINT, 7), (2, 8), (9, 7)) v(id, rowid)");
  EXPECT_EQ(Rows(), (Strings{"0|7", "1|7", "2|8", "9|7"}));
}

TEST_F(MergeTest, NullAndDuplicateKeysAreRefusedWithExamples) {
  Append("SELECT 1 AS id, 'a' AS name");
  const std::string nulls = ErrorOf([&] { Merge("SELECT NULL::INTEGER AS id, 'x' AS name"); });
  const std::string twice =
      ErrorOf([&] { Merge("SELECT unnest([7, 7, 8, 8, 9, 9, 6, 6]) AS id, 'x' AS name"); });
  EXPECT_NE(nulls.find("null keys, such as (id = null)"), std::string::npos) << nulls;
  EXPECT_NE(twice.find("(id = 6), (id = 7), (id = 8)"), std::string::npos) << twice;
  EXPECT_EQ(Open().version, 0);
}

TEST_F(MergeTest, KeysMustBeColumnsOfBothSides) {
  Append("SELECT 1 AS id, 'a' AS name");
  EXPECT_NE(ErrorOf([&] { Merge("SELECT 1 AS id, 'x' AS extra", {"extra"}); }).find("extra"),
            std::string::npos);
  EXPECT_NE(ErrorOf([&] { Merge("SELECT 1 AS id", {"name"}); }).find("name"), std::string::npos);
  EXPECT_NE(ErrorOf([&] { Merge("SELECT 1 AS id", {}); }).find("keys"), std::string::npos);
}

TEST_F(MergeTest, AbsentRowsGoIfAskedForWithinThePredicate) {
  Append("SELECT range AS id, range % 2 AS odd FROM range(6)");
  const Committed done = Write({.select = "SELECT 1::BIGINT AS id, 1::BIGINT AS odd",
                                .mode = WriteMode::kMerge,
                                .keys = {"id"},
                                .delete_absent = true,
                                .delete_absent_where = "odd = 1"});
  EXPECT_EQ(Rows(), (Strings{"0|0", "1|1", "2|0", "4|0"}));
  EXPECT_EQ(done.metrics.rows_deleted, 2);
}

TEST_F(MergeTest, AllAbsentRowsGoWithAnEmptySource) {
  Append("SELECT range AS id FROM range(6)");
  Write({.select = "SELECT 1::BIGINT AS id WHERE false",
         .mode = WriteMode::kMerge,
         .keys = {"id"},
         .delete_absent = true});
  EXPECT_TRUE(Rows().empty());
  EXPECT_TRUE(Open().files.empty());
}

// How many rows of the table's only file don't follow the row before.
class MergeOrderTest : public MergeTest {
 protected:
  std::int64_t Disorder() {
    const Snapshot snapshot = Open();
    EXPECT_EQ(snapshot.files.size(), 1U);
    return warehouse_.connection().QueryInteger(fmt::format(
        "SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY weir_row_number) AS before FROM "
        "({})) WHERE before <> id + 1",
        ScanSql(Table(), snapshot, snapshot.files,
                {.with_file_index = false, .with_row_number = true})));
  }
};

TEST_F(MergeOrderTest, ARewrittenFileKeepsItsOrderWithFewAndWithManyChanges) {
  for (const char* const step : {"997", "2", "1"}) {
    Write({.select = "SELECT 400000 - range AS id, 'a' AS name FROM range(400000)",
           .mode = WriteMode::kOverwrite});
    Merge(fmt::format("SELECT range AS id, 'b' AS name FROM range(1, 400001, {})", step));
    EXPECT_EQ(Disorder(), 0) << step;
  }
}

TEST_F(MergeOrderTest, SoDoesOneOfAPartition) {
  Write({.select = "SELECT 400000 - range AS id, 'a' AS p, 'a' AS name FROM range(400000)",
         .partition_by = {"p"},
         .sort_by = {}});
  const std::int64_t before = Disorder();
  Merge("SELECT range AS id, 'b' AS name FROM range(1, 400001, 997)");
  EXPECT_EQ(Disorder(), before);
}

// So many edits that the join which applies them sets rows aside on disk, and gives them later.
TEST_F(MergeOrderTest, SoDoesOneWithMoreChangesThanMemoryHolds) {
  sql::Database small({.memory_bytes = 104 << 20, .threads = 2, .spill_folder = folder_ / "small"});
  Warehouse lean(Root(), small);
  Append("SELECT 2000000 - range AS id, 'a' AS name FROM range(2000000)");
  WriteTable(lean, lean.FolderOf("s.t"),
             {.select = "SELECT range AS id, 'the new name of ' || range AS name FROM "
                        "range(1, 2000001, 2)",
              .mode = WriteMode::kMerge,
              .keys = {"id"}});
  EXPECT_EQ(Disorder(), 0);
}

TEST_F(MergeTest, KeysOfEveryTypeMatch) {
  const Strings types = {"BOOLEAN", "TINYINT",      "SMALLINT", "INTEGER", "BIGINT",      "FLOAT",
                         "DOUBLE",  "DECIMAL(9,3)", "VARCHAR",  "DATE",    "TIMESTAMPTZ", "BLOB"};
  const Strings values = {"true",
                          "-7",
                          "300",
                          "70000",
                          "-5000000000",
                          "1.5",
                          "-0.1",
                          "12.345",
                          "it''s",
                          "2026-01-02",
                          "2026-01-02 03:04:05.678901",
                          "ab\\x00"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    const TableFolder table = warehouse_.FolderOf(fmt::format("s.t{}", i));
    const auto source = [&](int x) {
      return fmt::format("SELECT CAST('{}' AS {}) AS id, {} AS x", values[i], types[i], x);
    };
    WriteTable(warehouse_, table, {.select = source(1)});
    const Committed done = WriteTable(
        warehouse_, table, {.select = source(2), .mode = WriteMode::kMerge, .keys = {"id"}});
    EXPECT_EQ(done.metrics.rows_updated, 1) << types[i];
    EXPECT_EQ(done.metrics.rows_inserted, 0) << types[i];
  }
}

TEST_F(MergeTest, MergesOfDisjointKeysRebaseAndOfOneFileConflict) {
  Append("SELECT range AS id, 0 AS x FROM range(0, 10)");
  Append("SELECT range AS id, 0 AS x FROM range(10, 20)");
  const TableFolder table = Table();
  const Snapshot base = Open();
  const TableAt at{.folder = table, .snapshot = base};
  const auto plan = [&](int id) {
    return PlanWrite(warehouse_, at,
                     {.select = fmt::format("SELECT {}::BIGINT AS id, 1 AS x", id),
                      .mode = WriteMode::kMerge,
                      .keys = {"id"}});
  };
  const Changes first = plan(3);
  const Changes second = plan(13);
  const Changes third = plan(4);
  CommitPlanned(warehouse_, at, first);
  EXPECT_EQ(CommitPlanned(warehouse_, at, second).version, 3);
  EXPECT_THROW(CommitPlanned(warehouse_, at, third), ConflictError);
}

TEST_F(MergeTest, AnAppendOfTheSameKeyInBetweenConflicts) {
  Append("SELECT 1 AS id, 0 AS x");
  const TableFolder table = Table();
  const Snapshot base = Open();
  const TableAt at{.folder = table, .snapshot = base};
  const Changes merge =
      PlanWrite(warehouse_, at,
                {.select = "SELECT 50 AS id, 1 AS x", .mode = WriteMode::kMerge, .keys = {"id"}});
  Append("SELECT 50 AS id, 2 AS x");
  EXPECT_THROW(CommitPlanned(warehouse_, at, merge), ConflictError);
}

}  // namespace
}  // namespace weir::lake
