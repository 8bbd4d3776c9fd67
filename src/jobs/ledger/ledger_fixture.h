#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/test_folder.h"
#include "jobs/ledger/ledger.h"
#include "lake/write_table.h"
#include "storage/test_root.h"

// For tests alone.
namespace weir::jobs {

// Day `day` of 2026, from 0.
inline Interval DayOf2026(int day) {
  const Micros start = ParseTimestamp("2026-01-01").value() + day * kDay;
  return {.start = start, .end = start + kDay};
}

// A process of this host that is no more: this one's number, but another start.
inline ProcessIdentity DeadProcess() {
  ProcessIdentity dead = CurrentProcess();
  dead.start += 1;
  return dead;
}

inline ProcessIdentity ProcessElsewhere() {
  return {.host = "elsewhere", .boot = "b", .pid = 17, .start = 1};
}

inline RunRecord StartOf(RunKey key, ProcessIdentity owner = {}) {
  RunRecord record;
  record.key = std::move(key);
  record.owner = std::move(owner);
  return record;
}

inline RunRecord Finished(RunRecord record, RunState state) {
  record.state = state;
  return record;
}

// Appends one row to a table as the run's commit.
inline void CommitRow(lake::Warehouse& warehouse, const std::string& run,
                      const std::string& table) {
  const lake::TableFolder folder = warehouse.FolderOf(table);
  const lake::Snapshot base = warehouse.Open(folder);
  const lake::WriteRequest request{.select = fmt::format("SELECT '{}' AS run", run)};
  lake::Changes changes = lake::PlanWrite(warehouse, {.folder = folder, .snapshot = base}, request);
  warehouse.CommitTogether(run, {{.table = table, .base = base, .changes = std::move(changes)}});
}

// A warehouse in a place of its own, and ledgers with a cache each.
class LedgerTest : public testing::Test {
 protected:
  std::string Root() const { return root_.url(); }
  std::filesystem::path CachePath(const std::string& name = "a") const {
    return folder_.path() / "cache" / (name + ".sqlite");
  }
  std::unique_ptr<Ledger> Open(const std::string& cache = "a") {
    return std::make_unique<Ledger>(warehouse_, CachePath(cache));
  }
  // Runs it from start to end.
  RunRecord Run(Ledger& ledger, const RunKey& key, RunState state = RunState::kSucceeded) {
    LeaseAttempt attempt = ledger.Take(StartOf(key));
    EXPECT_TRUE(attempt.lease.has_value()) << key.id();
    attempt.lease->End(Finished(attempt.lease->record(), state));
    return attempt.lease->record();
  }

  TestFolder folder_;
  storage::TestRoot root_;
  sql::Database database_{{.memory_bytes = 256 << 20, .threads = 2, .spill_folder = {}}};
  lake::Warehouse warehouse_{Root(), database_};
};

}  // namespace weir::jobs
