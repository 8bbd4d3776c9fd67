// How a process becomes the owner of a run: it creates the object of the next attempt.
#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "jobs/ledger/ledger_state.h"

namespace weir::jobs {
namespace {

// What the caller left open.
void FillStart(RunRecord& start) {
  if (start.owner.pid == 0) {
    start.owner = CurrentProcess();
  }
  if (start.started == 0) {
    start.started = Now();
  }
  start.renewed = start.started;
  start.state = RunState::kRunning;
}

}  // namespace

LeaseAttempt Ledger::State::Take(RunCache& cache, RunRecord start) {
  constexpr int kTries = 100;
  const std::string run = start.key.id();
  FillStart(start);
  bool is_fresh = false;  // the cache has seen this run's objects since the call began
  for (int tries = 0; tries < kTries; ++tries) {
    const auto newest = cache.FindNewest(run);
    if (newest && newest->record.state == RunState::kRunning && !is_fresh) {
      Sync(cache, run);
      is_fresh = true;
      continue;
    }
    if (newest) {
      LeaseAttempt obstacle = Obstacle(cache, newest->record);
      if (obstacle.done || obstacle.holder) {
        return obstacle;
      }
    }
    start.attempt = newest ? newest->record.attempt + 1 : 1;
    if (TryTake(cache, start)) {
      return {.lease = MakeLease(warehouse.store(), start, options)};
    }
    Sync(cache, run);
    is_fresh = true;
  }
  throw ExternalError("run {} can't be begun: its objects in {} change all the time", run,
                      warehouse.store().Url(kRunFolder));
}

LeaseAttempt Ledger::State::Obstacle(RunCache& cache, const RunRecord& newest) {
  if (newest.state == RunState::kSucceeded) {
    return {.done = newest};
  }
  if (newest.state != RunState::kRunning) {
    return {};
  }
  if (!IsAbandoned(newest)) {
    return {.holder = Holder{.record = newest}};
  }
  LogInfo("run {} is taken over from process {} on host {}", newest.key.id(), newest.owner.pid,
          newest.owner.host);
  return {.done = Mend(cache, newest)};
}

bool Ledger::State::TryTake(RunCache& cache, const RunRecord& start) {
  const RunObject object{.name = NameOf(start), .kind = ObjectKind::kStart};
  Failpoint("ledger:before-start");
  if (!warehouse.store().PutIfAbsent(object.key(), ToJson(start))) {
    return false;
  }
  Failpoint("ledger:after-start");
  // The attempt may have been made before, ended and moved to weir.runs, its object deleted: then
  // that table has changed since the cache saw it.
  if (IsTableBehind(cache)) {
    Sync(cache, object.name.run);
    const auto newest = cache.FindNewest(object.name.run);
    if (newest && newest->certainty == Certainty::kCompacted &&
        newest->record.attempt >= start.attempt) {
      warehouse.store().Delete(object.key());
      return false;
    }
  }
  SqliteTransaction transaction(cache.database());
  cache.Put({.record = start, .certainty = Certainty::kStarted});
  cache.AddObject(object.key(), "");
  cache.CountGenerations();
  transaction.Commit();
  return true;
}

}  // namespace weir::jobs
