// History, fingerprint, check and drop.

#include "lake/check_table.h"
#include "lake/drop_table.h"
#include "lake/fingerprint.h"
#include "lake/history.h"
#include "lake/operations_fixture.h"
#include "lake/optimize.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class TableCareTest : public OperationsTest {
 protected:
  std::vector<TableProblem> Check() {
    const TableFolder table = Table();
    const Snapshot snapshot = Open();
    return CheckTable(warehouse_, {.folder = table, .snapshot = snapshot});
  }

  Fingerprint Digest(const std::vector<std::string>& without = {}) {
    const TableFolder table = Table();
    const Snapshot snapshot = Open();
    return FingerprintOf(warehouse_, {.folder = table, .snapshot = snapshot}, without);
  }

  std::string KeyOfFile() { return DecodePath(Paths().at(0)); }

  // Commits the table's only file with other statistics.
  void ReplaceStats(const std::string& from, const std::string& to) {
    const Snapshot base = Open();
    Changes changes;
    changes.adds = base.files;
    std::string& stats = changes.adds.at(0).stats;
    const auto place = stats.find(from);
    ASSERT_NE(place, std::string::npos) << stats;
    stats.replace(place, from.size(), to);
    warehouse_.Commit(Table(), base, changes);
  }
};

TEST_F(TableCareTest, HistoryIsNewestFirst) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  OptimizeTable(warehouse_, Table(), {});
  const auto all = ReadHistory(Table(), 0);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].version, 2);
  EXPECT_EQ(all[0].info.operation, "OPTIMIZE");
  EXPECT_EQ(all[2].info.operation, "WRITE");
  EXPECT_GT(all[2].timestamp, 0);
  EXPECT_EQ(ReadHistory(Table(), 1).size(), 1U);
}

TEST_F(TableCareTest, TheFingerprintDependsOnRowsAlone) {
  Append("SELECT range AS id, 'a' AS name FROM range(5)");
  Append("SELECT range AS id, 'b' AS name FROM range(5)");
  const Fingerprint before = Digest();
  OptimizeTable(warehouse_, Table(), {.sort_by = {"name"}, .origin = {}});
  EXPECT_EQ(Digest(), before);
  EXPECT_EQ(before.digits.size(), 32U);
  EXPECT_EQ(before.num_rows, 10);
  const Fingerprint without = Digest({"NAME"});
  EXPECT_NE(without, before);
  Append("SELECT 1 AS id");
  EXPECT_NE(Digest().digits, before.digits);
  EXPECT_NE(ErrorOf([&] { Digest({"nam"}); }).find("name"), std::string::npos);
}

TEST_F(TableCareTest, AHealthyTableHasNoProblems) {
  Append(
      "SELECT range AS id, 'é' || range AS name, range % 2 AS p, {'a': range, 'b': NULL} AS s, "
      "'nan'::DOUBLE AS x, TIMESTAMPTZ '2026-01-02 03:04:05.678901' AS t, 1.25::DECIMAL(38,2) "
      "AS d FROM range(10)",
      {"p"});
  for (const TableProblem& problem : Check()) {
    ADD_FAILURE() << problem.file << ": " << problem.what;
  }
}

TEST_F(TableCareTest, AMissingFileAndAChangedOneAreNamed) {
  Append("SELECT 1 AS id");
  const TableFolder table = Table();
  storage::ObjectStore& store = *table.store;
  store.Put(KeyOfFile(), store.Get(KeyOfFile()).value() + "x");
  ASSERT_FALSE(Check().empty());
  EXPECT_NE(Check().at(0).what.find("bytes"), std::string::npos);
  store.Delete(KeyOfFile());
  ASSERT_EQ(Check().size(), 1U);
  EXPECT_EQ(Check().at(0), (TableProblem{.file = Paths().at(0), .what = "the file is missing"}));
}

TEST_F(TableCareTest, WrongStatisticsAreNamed) {
  Append("SELECT unnest([3, 4, NULL]) AS id");
  ReplaceStats("\"numRecords\":3", "\"numRecords\":4");
  ASSERT_EQ(Check().size(), 1U);
  EXPECT_EQ(Check().at(0).what, "number of rows: 3 instead of 4");
}

TEST_F(TableCareTest, WrongBoundsAndNullCountsAreNamed) {
  Append("SELECT unnest([3, 4, NULL]) AS id");
  ReplaceStats("\"id\":4", "\"id\":3");
  ReplaceStats("\"nullCount\":{\"id\":1}", "\"nullCount\":{\"id\":0}");
  ASSERT_EQ(Check().size(), 2U);
  EXPECT_NE(Check().at(0).what.find("nulls of column \"id\""), std::string::npos);
  EXPECT_NE(Check().at(1).what.find("above their maximum 3: 1 instead of 0"), std::string::npos);
}

TEST_F(TableCareTest, DropRemovesTheFolder) {
  Append("SELECT 1 AS id, 'a' AS p", {"p"});
  DropTable(warehouse_, Table());
  EXPECT_TRUE(warehouse_.store().ListFolders("s/").empty());
  EXPECT_TRUE(warehouse_.TableNames().empty());
  Append("SELECT 2 AS id");
  EXPECT_EQ(Rows(), (Strings{"2"}));
}

TEST_F(TableCareTest, AFolderWithoutALogIsNotDropped) {
  warehouse_.store().Put("s/t/mine.txt", "x");
  EXPECT_NE(ErrorOf([&] { DropTable(warehouse_, Table()); }).find("_delta_log"), std::string::npos);
  EXPECT_TRUE(warehouse_.store().Head("s/t/mine.txt"));
}

TEST_F(TableCareTest, ADropThatWasKilledIsFinishedByAnother) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  warehouse_.store().Delete("s/t/_delta_log/00000000000000000000.json");
  DropTable(warehouse_, Table());
  EXPECT_TRUE(warehouse_.store().ListFolders("s/").empty());
}

}  // namespace
}  // namespace weir::lake
