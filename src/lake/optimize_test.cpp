#include "lake/optimize.h"

#include "base/error.h"
#include "lake/delete_rows.h"
#include "lake/operations_fixture.h"

namespace weir::lake {
namespace {

using Strings = std::vector<std::string>;

class OptimizeTest : public OperationsTest {};

TEST_F(OptimizeTest, SmallFilesOfEachPartitionBecomeOne) {
  for (int i = 0; i < 5; ++i) {
    Append(fmt::format("SELECT {} AS id, unnest(['a', 'b']) AS p", i), {"p"});
  }
  const Strings before = Rows();
  const Committed done = OptimizeTable(warehouse_, Table(), {});
  EXPECT_EQ(done.metrics.files_removed, 10);
  EXPECT_EQ(done.metrics.files_added, 2);
  EXPECT_EQ(Rows(), before);
  EXPECT_FALSE(OptimizeTable(warehouse_, Table(), {}).changed);
}

TEST_F(OptimizeTest, ItsFilesAreMarkedAsNoChangeOfData) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  const Committed done = OptimizeTable(warehouse_, Table(), {});
  for (const Action& action : ReadLogEntry(Table(), done.version)) {
    if (const auto* add = std::get_if<AddFile>(&action)) {
      EXPECT_FALSE(add->data_change);
    }
    if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      EXPECT_FALSE(remove->data_change);
      EXPECT_GT(remove->size, 0);
    }
  }
}

TEST_F(OptimizeTest, SortedItGivesOneSequence) {
  Append("SELECT unnest([5, 1, 3]) AS id");
  Append("SELECT unnest([4, 2, 0]) AS id");
  OptimizeTable(warehouse_, Table(), {.sort_by = {"id"}, .origin = {}});
  const Snapshot snapshot = Open();
  EXPECT_EQ(snapshot.files.size(), 1U);
  EXPECT_EQ(Unsorted(ScanSql(Table(), snapshot), snapshot.metadata.schema),
            (Strings{"0", "1", "2", "3", "4", "5"}));
}

TEST_F(OptimizeTest, SortedFilesStayUntilSomethingElseWritesBesideThem) {
  const OptimizeRequest request{.sort_by = {"id"}, .origin = {}};
  const auto is_changed = [&](const OptimizeRequest& how) {
    return OptimizeTable(warehouse_, Table(), how).changed;
  };
  Append("SELECT unnest([5, 1, 3]) AS id, unnest(['a', 'a', 'b']) AS p", {"p"});
  EXPECT_TRUE(is_changed(request));
  EXPECT_FALSE(is_changed(request));
  EXPECT_FALSE(is_changed({.sort_by = {"ID"}, .origin = {}}));
  EXPECT_TRUE(is_changed({.sort_by = {"p", "id"}, .origin = {}}));
  EXPECT_TRUE(is_changed({.target_file_bytes = 1000, .sort_by = {"id"}, .origin = {}}));

  OptimizeTable(warehouse_, Table(), request);
  Append("SELECT 2 AS id, 'a' AS p");
  const Committed done = OptimizeTable(warehouse_, Table(), request);
  EXPECT_EQ(done.metrics.files_removed, 2);
  EXPECT_EQ(done.metrics.rows_deleted, 0);
  EXPECT_EQ(Rows(), (Strings{"1|a", "2|a", "3|b", "5|a"}));

  Merge("SELECT 3 AS id, 'b' AS p, 1 AS more");
  EXPECT_TRUE(is_changed(request));
}

TEST_F(OptimizeTest, WhatAnImportSortedNeedsNoMoreSorting) {
  Write({.select = "SELECT range AS id FROM range(10) ORDER BY hash(id)", .sort_by = {"id"}});
  EXPECT_FALSE(OptimizeTable(warehouse_, Table(), {.sort_by = {"id"}, .origin = {}}).changed);
  EXPECT_TRUE(OptimizeTable(warehouse_, Table(), {.sort_by = {"ID", "id"}, .origin = {}}).changed);
}

TEST_F(OptimizeTest, StopsWhereItIsCancelled) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  std::stop_source stop;
  warehouse_.SetStopToken(stop.get_token());
  stop.request_stop();
  EXPECT_THROW(OptimizeTable(warehouse_, Table(), {}), CancelledError);
  warehouse_.SetStopToken({});
  EXPECT_EQ(Open().version, 1);
}

TEST_F(OptimizeTest, AppendsInBetweenDontConflictButDeletesDo) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  const TableFolder table = Table();
  const Snapshot base = Open();
  const TableAt at{.folder = table, .snapshot = base};
  const Changes first = PlanOptimize(warehouse_, at, {});
  const Changes second = PlanOptimize(warehouse_, at, {});
  Append("SELECT 3 AS id");
  CommitPlanned(warehouse_, at, first);
  EXPECT_EQ(Rows(), (Strings{"1", "2", "3"}));
  EXPECT_THROW(CommitPlanned(warehouse_, at, second), ConflictError);
}

// What is promised of memory is tested by tests/jobs/packing_memory_test.py.
TEST(PackingShareTest, WorkersShareHalfOfTheBudget) {
  constexpr std::uint64_t kMiB = 1U << 20U;
  for (const std::uint64_t budget : {100U, 512U, 1023U, 1024U, 2048U, 65536U}) {
    for (const int threads : {1, 2, 7, 64}) {
      const PackingShare share = ShareOfPacking(budget * kMiB, threads);

      EXPECT_GE(share.workers, 1);
      EXPECT_LE(share.workers, threads);
      EXPECT_GE(share.memory_bytes, 256 * kMiB);
      const std::uint64_t all = share.memory_bytes * static_cast<std::uint64_t>(share.workers);
      EXPECT_LE(all, std::max(budget * kMiB / 2, 256 * kMiB)) << budget << " " << threads;
      EXPECT_GT(all + 64 * kMiB, budget * kMiB / 2) << budget << " " << threads;
    }
  }
}

TEST_F(OptimizeTest, LargeFilesStay) {
  Append("SELECT 1 AS id");
  Append("SELECT 2 AS id");
  EXPECT_FALSE(
      OptimizeTable(warehouse_, Table(), {.target_file_bytes = 1, .sort_by = {}, .origin = {}})
          .changed);
}

}  // namespace
}  // namespace weir::lake
