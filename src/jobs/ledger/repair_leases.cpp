// Attempts that nobody works on any more and that have no end.
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "jobs/ledger/repair_parts.h"
#include "jobs/ledger/run_objects.h"

namespace weir::jobs {
namespace {

constexpr std::size_t kMostAttempts = 1'000'000;

// What the tables say that a run committed.
std::vector<OutputRecord> CommittedBy(lake::Warehouse& warehouse, const std::string& run) {
  std::vector<OutputRecord> outputs;
  for (const std::string& table : warehouse.TableNames()) {
    const lake::Snapshot snapshot =
        lake::LoadSnapshot(warehouse.FolderOf(table), warehouse.connection());
    if (snapshot.txns.contains("weir:" + run)) {
      outputs.push_back({.table = table, .version = snapshot.version});
    }
  }
  return outputs;
}

}  // namespace

RunRecord FailedEnd(lake::Warehouse& warehouse, RunRecord start, const std::string& error) {
  start.outputs = CommittedBy(warehouse, start.key.id());
  start.state = RunState::kFailed;
  start.ended = Now();
  start.error = error;
  return start;
}

void EndAsFailed(lake::Warehouse& warehouse, RunRecord start, const std::string& error) {
  storage::ObjectStore& store = warehouse.store();
  const AttemptName name = NameOf(start);
  const RunRecord end = FailedEnd(warehouse, std::move(start), error);
  Failpoint("repair:before-end");
  store.PutIfAbsent(RunObject{.name = name, .kind = ObjectKind::kEnd}.key(), ToJson(end));
  store.Delete(RunObject{.name = name, .kind = ObjectKind::kAlive}.key());
  Failpoint("repair:after-end");
}

void EndDeadAttempts(const LedgerPlaces& places, bool repair, std::vector<Damage>& damages) {
  Ledger ledger(places.warehouse, places.cache);
  ledger.Refresh();
  for (const RunRecord& record :
       ledger.List({.state = RunState::kRunning, .limit = kMostAttempts})) {
    if (!Ledger::IsAbandoned(record)) {
      continue;
    }
    Damage damage{
        .what = fmt::format("attempt {} of run {}", record.attempt, record.key.id()),
        .found = fmt::format("process {} on host {}, since {}, is dead or silent", record.owner.pid,
                             record.owner.host, FormatTimestamp(record.started))};
    if (repair) {
      EndAsFailed(places.warehouse, record, "its process ended without a word");
      damage.done = "it is recorded as failed; the interval is run again by the next 'weir run'";
    }
    damages.push_back(std::move(damage));
  }
}

}  // namespace weir::jobs
