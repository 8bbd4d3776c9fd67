// Intents that can't be read, and those that dead processes left.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "jobs/ledger/repair_parts.h"
#include "jobs/ledger/run_objects.h"
#include "lake/intent.h"

namespace weir::jobs {
namespace {

constexpr std::string_view kIntentFolder = "_weir/intents/";

std::string RunOfIntent(const std::string& key) {
  std::string run = key.substr(kIntentFolder.size());
  constexpr std::string_view kSuffix = ".json";
  return run.ends_with(kSuffix) ? run.substr(0, run.size() - kSuffix.size()) : run;
}

// What is wrong with an intent; nothing if it can be read.
std::optional<std::string> FaultOfIntent(const storage::ObjectStore& store,
                                         const std::string& key) {
  const auto text = store.Get(key);
  try {
    if (text && lake::IntentKey(lake::ParseIntent(*text, store.Url(key)).run_id) != key) {
      return store.Url(key) + ": the intent is of another run";
    }
    return std::nullopt;
  } catch (const UserError& fault) {
    return fault.what();
  }
}

// The newest attempt that prepared a commit: it tells which tables the intent was for.
std::optional<RunRecord> PreparedOf(const storage::ObjectStore& store, const std::string& run) {
  std::optional<RunRecord> newest;
  for (const RunObject& object : ListRunObjects(store, run)) {
    try {
      auto record = object.kind == ObjectKind::kPrepared ? ReadRecord(store, object) : std::nullopt;
      if (record && (!newest || record->attempt > newest->attempt)) {
        newest = std::move(record);
      }
    } catch (const UserError&) {  // MendObjects() tells
    }
  }
  return newest;
}

class IntentMender {
 public:
  IntentMender(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages)
      : warehouse_(warehouse), repair_(repair), damages_(damages) {}

  void Look(const std::string& key) {
    const auto fault = FaultOfIntent(warehouse_.store(), key);
    if (!fault) {
      return;
    }
    Damage damage{.what = "intent " + key, .found = *fault, .blocks = true};
    if (fault->find("newer weir") != std::string::npos) {
      damage.remedy = "use the newer weir that wrote it";
    } else if (repair_) {
      Mend(key, damage);
    }
    damages_.push_back(std::move(damage));
  }

 private:
  void Mend(const std::string& key, Damage& damage) {
    const std::string run = RunOfIntent(key);
    auto prepared = PreparedOf(warehouse_.store(), run);
    std::vector<std::string> with;
    std::vector<std::string> without;
    for (const OutputRecord& output : prepared ? prepared->outputs : std::vector<OutputRecord>()) {
      (HasCommit(output.table, run) ? with : without).push_back(output.table);
    }
    if (!with.empty() && !without.empty()) {
      EndAsFailed(warehouse_, *prepared,
                  fmt::format("its intent was damaged: {} has its commit, {} has not",
                              fmt::join(with, ", "), fmt::join(without, ", ")));
      damage.remedy = fmt::format(
          "run 'weir run' or 'weir backfill': {} has the commit of run {}, "
          "{} has not",
          fmt::join(with, ", "), run, fmt::join(without, ", "));
    } else if (!prepared) {
      damage.remedy = fmt::format(
          "run {} is unknown to the ledger: see with 'weir table history' "
          "which tables have its commit",
          run);
    }
    Failpoint("repair:before-intent");
    damage.done = fmt::format("it was moved to {}", MoveToLost(warehouse_.store(), key));
    if (prepared && damage.remedy.empty()) {
      damage.done += with.empty() ? "; no table had been changed" : "; its commits are all there";
    }
  }

  bool HasCommit(const std::string& table, const std::string& run) {
    const lake::Snapshot snapshot =
        lake::LoadSnapshot(warehouse_.FolderOf(table), warehouse_.connection());
    return snapshot.exists() && snapshot.txns.contains("weir:" + run);
  }

  lake::Warehouse& warehouse_;
  bool repair_;
  std::vector<Damage>& damages_;
};

}  // namespace

void MendIntents(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages) {
  IntentMender mender(warehouse, repair, damages);
  for (const storage::ObjectInfo& info : warehouse.store().List(kIntentFolder)) {
    mender.Look(info.key);
  }
}

void FinishIntents(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages) {
  for (const lake::Intent& intent : lake::ListIntents(warehouse.store())) {
    if (!lake::IsAbandoned(intent)) {
      continue;
    }
    Damage damage{.what = "intent " + lake::IntentKey(intent.run_id),
                  .found = fmt::format("process {} on host {} died before it had finished it",
                                       intent.owner.pid, intent.owner.host)};
    if (repair) {
      try {
        warehouse.RollForward();
        damage.done = "it was finished: the run's commits are all there";
      } catch (const std::exception& problem) {
        damage.remedy = problem.what();
        damage.blocks = true;
      }
    }
    damages.push_back(std::move(damage));
  }
}

}  // namespace weir::jobs
