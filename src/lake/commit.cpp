#include "lake/commit.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/version.h"
#include "lake/boolean_setting.h"
#include "lake/checkpoint.h"
#include "lake/scan.h"

namespace weir::lake {
namespace {

template <typename Kind>
const Kind* Find(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const auto* found = std::get_if<Kind>(&action)) {
      return found;
    }
  }
  return nullptr;
}

template <typename Kind>
std::vector<Kind> All(const std::vector<Action>& actions) {
  std::vector<Kind> found;
  for (const Action& action : actions) {
    if (const auto* held = std::get_if<Kind>(&action)) {
      found.push_back(*held);
    }
  }
  return found;
}

void CheckTxns(const Changes& changes, const std::string& other, const std::vector<Txn>& theirs,
               const std::string& table) {
  for (const Txn& txn : theirs) {
    if (std::ranges::find(changes.txns, txn.app_id, &Txn::app_id) != changes.txns.end()) {
      throw ConflictError("{}: {} moved transaction '{}' to {}", table, other, txn.app_id,
                          txn.version);
    }
  }
}

void CheckRemoves(const Changes& changes, const std::string& other,
                  const std::vector<RemoveFile>& theirs, const std::string& table) {
  std::set<std::string> removed;
  for (const RemoveFile& file : theirs) {
    removed.insert(DecodePath(file.path));
  }
  for (const RemoveFile& file : changes.removes) {
    if (removed.contains(DecodePath(file.path))) {
      throw ConflictError("{}: {} already replaced file {}, which this commit replaces, too", table,
                          other, file.path);
    }
  }
}

// The first of `files` that may hold a row that the changes' base was read for.
const std::string* FirstRead(const Changes& changes, const Metadata& base,
                             std::vector<AddFile>& files) {
  assert(changes.reads);
  Snapshot part;
  part.metadata = base;
  part.files = std::move(files);
  files = PruneFiles(part, *changes.reads);
  return files.empty() ? nullptr : &files.front().path;
}

// The base's files that another commit removed with their rows.
std::vector<AddFile> RemovedWithRows(const Snapshot& base, const std::vector<Action>& actions) {
  std::set<std::string> removed;
  for (const RemoveFile& file : All<RemoveFile>(actions)) {
    if (file.data_change) {
      removed.insert(DecodePath(file.path));
    }
  }
  std::vector<AddFile> files;
  if (!removed.empty()) {
    std::ranges::copy_if(base.files, std::back_inserter(files), [&](const AddFile& file) {
      return removed.contains(DecodePath(file.path));
    });
  }
  return files;
}

void CheckReads(const Changes& changes, const Snapshot& base, const std::string& other,
                const std::vector<Action>& actions, const std::string& table) {
  if (!changes.reads) {
    return;
  }
  std::vector<AddFile> added = All<AddFile>(actions);
  std::erase_if(added, [](const AddFile& file) { return !file.data_change; });
  if (const std::string* path = FirstRead(changes, base.metadata, added)) {
    throw ConflictError("{}: {} added rows that this commit should have seen (file {})", table,
                        other, *path);
  }
  std::vector<AddFile> removed = RemovedWithRows(base, actions);
  if (const std::string* path = FirstRead(changes, base.metadata, removed)) {
    throw ConflictError("{}: {} removed rows that this commit has read (file {})", table, other,
                        *path);
  }
}

// Whether `txns` holds each of the changes' own at its version or later.
bool HasTxns(const Changes& changes, const std::map<std::string, Txn>& txns) {
  return !changes.txns.empty() && std::ranges::all_of(changes.txns, [&](const Txn& ours) {
    const auto found = txns.find(ours.app_id);
    return found != txns.end() && found->second.version >= ours.version;
  });
}

bool HasTxns(const Changes& changes, const std::vector<Action>& actions) {
  std::map<std::string, Txn> txns;
  for (const Txn& txn : All<Txn>(actions)) {
    txns[txn.app_id] = txn;
  }
  return HasTxns(changes, txns);
}

void CheckAppendOnly(const Snapshot& base, const Changes& changes, const std::string& table) {
  const bool append_only = BooleanSetting(base.metadata, "delta.appendOnly").value_or(false);
  if (append_only && std::ranges::any_of(changes.removes, &RemoveFile::data_change)) {
    throw UserError("{} is append-only (delta.appendOnly = true); only appends are allowed", table);
  }
}

std::string EntryText(const Changes& changes) {
  std::string text = ToJson(changes.info) + "\n";
  const auto append = [&text](const auto& action) { text += ToJson(action) + "\n"; };
  if (changes.protocol) {
    append(*changes.protocol);
  }
  if (changes.metadata) {
    append(*changes.metadata);
  }
  std::ranges::for_each(changes.txns, append);
  std::ranges::for_each(changes.removes, append);
  std::ranges::for_each(changes.adds, append);
  return text;
}

std::int64_t CheckpointInterval(const Metadata& metadata) {
  std::int64_t interval = 10;
  if (const auto setting = metadata.configuration.find("delta.checkpointInterval");
      setting != metadata.configuration.end()) {
    const std::string& text = setting->second;
    std::from_chars(text.data(), text.data() + text.size(), interval);
  }
  return std::max<std::int64_t>(interval, 1);
}

// Either the version that has our txns already, or the first one that is free.
struct Place {
  std::int64_t version = 0;
  bool is_done = false;
};

// Looks at every commit from version `from` on.
Place FindPlace(const TableFolder& table, const Snapshot& base, const Changes& changes,
                std::int64_t from) {
  std::int64_t version = from;
  while (table.store->Head(LogEntryKey(version))) {
    const std::vector<Action> actions = ReadLogEntry(table, version);
    if (HasTxns(changes, actions)) {
      return {.version = version, .is_done = true};
    }
    CheckConflict(changes, base, version, actions, table.name);
    ++version;
  }
  return {.version = version};
}

}  // namespace

std::string DescribeCommit(std::int64_t version, const std::vector<Action>& actions) {
  const auto* info = Find<CommitInfo>(actions);
  if (info == nullptr) {
    return fmt::format("version {}", version);
  }
  return fmt::format("version {} ({}, {}{}{})", version, info->operation, info->engine,
                     info->run_id.empty() ? "" : ", run ", info->run_id);
}

void CheckConflict(const Changes& changes, const Snapshot& base, std::int64_t version,
                   const std::vector<Action>& actions, const std::string& table) {
  const std::string other = DescribeCommit(version, actions);
  if (Find<Protocol>(actions) != nullptr || Find<Metadata>(actions) != nullptr) {
    throw ConflictError("{}: {} {} the table", table, other,
                        version == 0 ? "created" : "changed the columns or settings of");
  }
  CheckTxns(changes, other, All<Txn>(actions), table);
  CheckRemoves(changes, other, All<RemoveFile>(actions), table);
  CheckReads(changes, base, other, actions, table);
}

std::unique_ptr<storage::StoreLock> LockTable(const TableFolder& table) {
  return table.store->Lock("_delta_log/.weir-lock");
}

std::optional<std::int64_t> NextVersion(const TableFolder& table, const Snapshot& base,
                                        const Changes& changes) {
  CheckAppendOnly(base, changes, table.name);
  if (HasTxns(changes, base.txns)) {
    return std::nullopt;
  }
  const Place place = FindPlace(table, base, changes, base.version + 1);
  return place.is_done ? std::nullopt : std::optional(place.version);
}

void StampInfo(const Snapshot& base, CommitInfo& info) {
  info.timestamp = std::max(Now() / 1000, base.timestamp);
  info.engine = "weir/" + Version();
  if (base.exists()) {
    info.read_version = base.version;
  }
}

std::int64_t AppendEntry(const TableFolder& table, std::int64_t base_version, const Snapshot& base,
                         const Changes& changes) {
  const std::string text = EntryText(changes);
  std::int64_t from = base_version + 1;
  while (true) {
    const Place place = FindPlace(table, base, changes, from);
    if (place.is_done) {
      return place.version;
    }
    Failpoint("commit:before-entry");
    if (table.store->PutIfAbsent(LogEntryKey(place.version), text)) {
      Failpoint("commit:after-entry");
      return place.version;
    }
    from = place.version;  // a program that doesn't know weir's lock was first
  }
}

std::int64_t CommitLocked(const TableFolder& table, const Snapshot& base, const Changes& changes) {
  CheckWritable(base, table.name);
  CheckAppendOnly(base, changes, table.name);
  if (HasTxns(changes, base.txns)) {
    return base.version;
  }
  Changes stamped = changes;
  StampInfo(base, stamped.info);
  return AppendEntry(table, base.version, base, stamped);
}

std::int64_t CommitChanges(const TableFolder& table, const Snapshot& base, const Changes& changes,
                           sql::Connection& connection) {
  std::int64_t version = 0;
  {
    const auto lock = LockTable(table);
    version = CommitLocked(table, base, changes);
  }
  CheckpointIfDue(table, changes.metadata.value_or(base.metadata), version, connection);
  return version;
}

void CheckpointIfDue(const TableFolder& table, const Metadata& metadata, std::int64_t version,
                     sql::Connection& connection) {
  const std::int64_t interval = CheckpointInterval(metadata);
  try {
    if (version == 0 || version % interval != 0) {
      return;
    }
    const Snapshot snapshot =
        LoadSnapshot(table, connection, {.version = version, .as_of = std::nullopt});
    Failpoint("checkpoint:before");
    WriteCheckpoint(table, snapshot, connection);
    Failpoint("checkpoint:after");
    CleanUpLog(table, snapshot);
  } catch (const std::runtime_error& error) {
    LogWarning("{}: no checkpoint at version {}: {}", table.name, version, error.what());
  }
}

}  // namespace weir::lake
