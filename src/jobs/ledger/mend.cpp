// Records runs that committed but whose process died before it recorded them.
#include <algorithm>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "jobs/ledger/ledger_state.h"
#include "lake/intent.h"

namespace weir::jobs {
namespace {

// The version whose log entry has the transaction: the present one if the log has forgotten it.
std::int64_t VersionOf(const lake::TableFolder& table, const lake::Snapshot& snapshot,
                       const std::string& app_id) {
  const auto is_ours = [&](const lake::Action& action) {
    const auto* txn = std::get_if<lake::Txn>(&action);
    return txn != nullptr && txn->app_id == app_id;
  };
  try {
    for (std::int64_t version = snapshot.version; version >= 0; --version) {
      if (std::ranges::any_of(lake::ReadLogEntry(table, version), is_ours)) {
        return version;
      }
    }
  } catch (const UserError&) {
    // That entry is gone.
  }
  return snapshot.version;
}

bool IsCommitting(const storage::ObjectStore& store, const std::string& run) {
  return store.Head(lake::IntentKey(run)).has_value();
}

}  // namespace

std::optional<RunRecord> Ledger::State::FindCommitted(RunCache& cache, const RunRecord& record) {
  const AttemptName name = NameOf(record);
  auto prepared = ReadRecord(warehouse.store(), {.name = name, .kind = ObjectKind::kPrepared});
  if (!prepared) {
    return std::nullopt;
  }
  warehouse.RollForward();
  if (IsCommitting(warehouse.store(), name.run)) {
    return std::nullopt;
  }
  const std::string app_id = "weir:" + name.run;
  bool is_committed = prepared->outputs.empty();
  for (OutputRecord& output : prepared->outputs) {
    const lake::TableFolder folder = warehouse.FolderOf(output.table);
    const lake::Snapshot snapshot = warehouse.Open(folder);
    if (snapshot.txns.contains(app_id)) {
      output.version = VersionOf(folder, snapshot, app_id);
      is_committed = true;
    }
  }
  if (!is_committed) {
    if (LivenessOf(record.owner) == Liveness::kDead) {
      cache.Settle(name);
    }
    return std::nullopt;
  }
  return prepared;
}

std::optional<RunRecord> Ledger::State::Mend(RunCache& cache, const RunRecord& record) {
  const RunObject end{.name = NameOf(record), .kind = ObjectKind::kEnd};
  auto finished = FindCommitted(cache, record);
  if (!finished) {
    return std::nullopt;
  }
  finished->state = RunState::kSucceeded;
  finished->recovered = true;
  finished->ended = Now();
  LogInfo("run {} was committed by a process that ended before it recorded it; recorded now",
          end.name.run);
  Failpoint("ledger:before-mend");
  if (!warehouse.store().PutIfAbsent(end.key(), ToJson(*finished))) {
    finished = ReadRecord(warehouse.store(), end);
  }
  Failpoint("ledger:after-mend");
  if (!finished) {
    return std::nullopt;  // ended and compacted meanwhile
  }
  SqliteTransaction transaction(cache.database());
  cache.Put({.record = *finished, .certainty = Certainty::kEnded});
  cache.CountGenerations();
  transaction.Commit();
  return finished->state == RunState::kSucceeded ? finished : std::nullopt;
}

void Ledger::State::MendAll(RunCache& cache) {
  for (const CachedRun& run : cache.Started(true)) {
    if (IsAbandoned(run.record)) {
      Mend(cache, run.record);
    }
  }
}

}  // namespace weir::jobs
