// Moves ended attempts from objects, one read each, into weir.runs, and their checks into
// weir.checks. The rows are committed first, then the objects go; whoever is killed in between
// leaves both, which readers take for one and the next Compact() tidies up. Two processes at once:
// the lock keeps them apart, and should it not, the second's commit conflicts with the first's, as
// it reads all of the table.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "jobs/ledger/ledger_state.h"
#include "lake/scratch_table.h"
#include "lake/write_table.h"

namespace weir::jobs {
namespace {

constexpr std::size_t kMost = 10'000;  // at a time

// The part of a commit that adds the rows of `select`.
lake::TableChanges Addition(lake::Warehouse& warehouse, const std::string& table,
                            lake::Snapshot base, const std::string& select) {
  const lake::ScratchTable rows(warehouse.connection(), select);
  const lake::TableFolder folder = warehouse.FolderOf(table);
  lake::WriteRequest request{.select = "FROM " + rows.name()};
  request.sort_by = {"job", "partition", "start", "attempt"};
  request.origin.operation = "WRITE";
  lake::Changes changes = lake::PlanWrite(warehouse, {.folder = folder, .snapshot = base}, request);
  changes.reads.emplace();  // all rows
  changes.info.is_blind_append = false;
  return {.table = table, .base = std::move(base), .changes = std::move(changes)};
}

}  // namespace

std::size_t Ledger::State::Compact(RunCache& cache, std::size_t threshold) {
  Sync(cache, "");
  DeleteObsolete(cache);
  if (cache.CountCompactable() < static_cast<std::int64_t>(std::max<std::size_t>(threshold, 1))) {
    return 0;
  }
  const auto lock = warehouse.store().Lock(kCompactionLock);
  auto snapshots = warehouse.OpenTogether({kRunTable, kCheckTable}, false);
  Sync(cache, "");
  DeleteObsolete(cache);  // opening the tables may have finished a killed compaction
  const std::string version =
      snapshots[0].exists() ? std::to_string(snapshots[0].version) : std::string();
  const std::vector<RunRecord> records = cache.Compactable(kMost);
  if (cache.Meta("table_version") != version || records.empty() || records.size() < threshold) {
    return 0;
  }
  try {
    CommitCompacted(records, std::move(snapshots));
  } catch (const ConflictError& error) {
    LogInfo("the ledger is being compacted by another process: {}", error.what());
    return 0;
  }
  Sync(cache, "");
  DeleteObsolete(cache);
  return records.size();
}

void Ledger::State::CommitCompacted(const std::vector<RunRecord>& records,
                                    std::vector<lake::Snapshot> snapshots) {
  std::vector<lake::TableChanges> parts;
  parts.push_back(Addition(warehouse, kRunTable, std::move(snapshots[0]), RunRowsSql(records)));
  lake::TableChanges checks =
      Addition(warehouse, kCheckTable, std::move(snapshots[1]), CheckRowsSql(records));
  if (lake::HasEffect(checks.changes)) {
    parts.push_back(std::move(checks));
  }
  Failpoint("ledger:before-compact");
  warehouse.CommitTogether(
      fmt::format("compact:{}.{}", records.front().key.id(), records.front().attempt),
      std::move(parts));
  Failpoint("ledger:after-compact");
}

void Ledger::State::DeleteObsolete(RunCache& cache) {
  std::vector<RunObject> obsolete = cache.Obsolete();
  // Starts go last: while one is there, nobody takes its attempt for free.
  std::ranges::stable_partition(
      obsolete, [](const RunObject& object) { return object.kind != ObjectKind::kStart; });
  for (const RunObject& object : obsolete) {
    Failpoint("ledger:before-delete");
    warehouse.store().Delete(object.key());
  }
  if (!obsolete.empty()) {
    Failpoint("ledger:after-delete");
    Sync(cache, "");
  }
}

}  // namespace weir::jobs
