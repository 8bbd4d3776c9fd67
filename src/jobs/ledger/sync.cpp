// Brings the cache up to date with the objects and the table of the warehouse.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/log.h"
#include "jobs/ledger/ledger_state.h"
#include "lake/log_names.h"

namespace weir::jobs {
namespace {

bool IsOfRun(const std::string& key, const std::string& run) {
  const auto object = ParseRunObject(key);
  return run.empty() || (object && object->name.run == run);
}

// Objects of runs don't change but by whom forgets people, yet a warehouse may be made anew, or
// brought back from a copy, and runs have the same names there.
void CheckUnchanged(const RunObject& object, const std::string& seen) {
  const bool stays = object.kind == ObjectKind::kStart || object.kind == ObjectKind::kEnd;
  if (stays && !seen.empty() && seen != object.identity) {
    throw DamagedDatabase("{} is another one than the cache of the ledger has read", object.key());
  }
}

// Reads an object that is new. False if it is gone already.
bool ReadNew(const storage::ObjectStore& store, const RunObject& object, RunCache& cache) {
  if (object.kind != ObjectKind::kStart && object.kind != ObjectKind::kEnd) {
    return true;  // renewals are read at each look, prepared records when they are needed
  }
  auto record = ReadRecord(store, object);
  if (record) {
    cache.Put(
        {.record = std::move(*record),
         .certainty = object.kind == ObjectKind::kEnd ? Certainty::kEnded : Certainty::kStarted});
  }
  return record.has_value();
}

void ReadRenewals(const storage::ObjectStore& store, const std::set<AttemptName>& alive,
                  RunCache& cache) {
  for (const CachedRun& run : cache.Started(false)) {
    const AttemptName name = NameOf(run.record);
    if (!alive.contains(name)) {
      continue;
    }
    if (const auto renewed = ReadAlive(store, name)) {
      cache.Renew(name, *renewed);
    }
  }
}

void Supersede(RunCache& cache) {
  for (auto& [run, next] : cache.Followed()) {
    RunRecord& record = run.record;
    record.state = RunState::kFailed;
    record.renewed = record.started;  // the same in every cache
    record.ended = next.started;
    record.error =
        fmt::format("its process ended without a word; attempt {} took over", next.attempt);
    cache.Put({.record = record, .certainty = Certainty::kSuperseded});
  }
}

}  // namespace

RunCache& Ledger::State::cache() {
  if (!opened) {
    opened.emplace(cache_path, warehouse.root(), [this](RunCache& fresh) { Sync(fresh, ""); });
  }
  return *opened;
}

void Ledger::State::DropCache() {
  LogDebug("the cache of the ledger is made anew");
  opened.reset();
  RunCache::Delete(cache_path);
}

void Ledger::State::Sync(RunCache& cache, const std::string& run) {
  SqliteTransaction transaction(cache.database());
  SyncObjects(cache, run);
  SyncTable(cache);
  cache.DropRunsWithoutObjects();
  Supersede(cache);
  cache.CountGenerations();
  transaction.Commit();
}

void Ledger::State::SyncObjects(RunCache& cache, const std::string& run) {
  const std::map<std::string, std::string> known = cache.Objects();
  std::set<std::string> there;
  std::set<AttemptName> alive;
  for (const RunObject& object : ListRunObjects(warehouse.store(), run)) {
    const std::string key = object.key();
    if (object.kind == ObjectKind::kAlive) {
      alive.insert(object.name);
    }
    if (const auto seen = known.find(key); seen != known.end()) {
      CheckUnchanged(object, seen->second);
      there.insert(key);
      if (seen->second.empty()) {
        cache.AddObject(key, object.identity);
      }
    } else if (ReadNew(warehouse.store(), object, cache)) {
      there.insert(key);
      cache.AddObject(key, object.identity);
    }
  }
  for (const auto& [key, identity] : known) {
    if (!there.contains(key) && IsOfRun(key, run)) {
      cache.DropObject(key);
    }
  }
  ReadRenewals(warehouse.store(), alive, cache);
}

// A table that was made anew, or brought back, may have come to the same version again.
std::string Ledger::State::TableEntry(std::int64_t version) const {
  const auto info = warehouse.FolderOf(kRunTable).store->Head(lake::LogEntryKey(version));
  return info ? fmt::format("{} {} {}", info->size, info->modified, info->etag) : "";
}

bool Ledger::State::IsTableBehind(RunCache& cache) {
  const std::int64_t version = lake::LatestVersion(warehouse.FolderOf(kRunTable));
  const std::string known = cache.Meta("table_version");
  if (known.empty() || known != std::to_string(version)) {
    return !known.empty() || version >= 0;
  }
  return version >= 0 && cache.Meta("table_entry") != TableEntry(version);
}

void Ledger::State::SyncTable(RunCache& cache) {
  if (!IsTableBehind(cache)) {
    return;
  }
  const lake::Snapshot snapshot = warehouse.Open(warehouse.FolderOf(kRunTable));
  std::set<std::string> known = cache.Files();
  std::set<std::string> there;
  for (const lake::AddFile& file : snapshot.files) {
    there.insert(file.path);
  }
  // Rows may have gone with a file, so all are read anew.
  const bool is_other =
      snapshot.metadata.id != cache.Meta("table_id") || !std::ranges::includes(there, known);
  if (is_other) {
    cache.DropCompacted();
    known.clear();
  }
  std::vector<lake::AddFile> fresh;
  std::ranges::copy_if(snapshot.files, std::back_inserter(fresh),
                       [&](const lake::AddFile& file) { return !known.contains(file.path); });
  LoadRunRows(warehouse, snapshot, fresh, cache);
  for (const lake::AddFile& file : fresh) {
    cache.AddFile(file.path);
  }
  cache.SetMeta("table_id", snapshot.metadata.id);
  cache.SetMeta("table_version", std::to_string(snapshot.version));
  cache.SetMeta("table_entry", TableEntry(snapshot.version));
}

}  // namespace weir::jobs
