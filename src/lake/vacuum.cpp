#include "lake/vacuum.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "lake/intent.h"
#include "lake/own_files.h"
#include "lake/retention.h"
#include "lake/snapshot.h"

namespace weir::lake {
namespace {

Micros RetentionOf(const Metadata& metadata) { return TombstoneRetentionMillis(metadata) * 1000; }

// In the largest unit, up to hours, that it is a whole number of.
std::string DurationText(Micros duration) {
  constexpr std::array kUnits = {std::pair{kHour, "hour"}, std::pair{kMinute, "minute"},
                                 std::pair{kSecond, "second"}};
  const auto* const unit = std::ranges::find_if(kUnits, [&](const auto& candidate) {
    return candidate.first == kSecond || (duration != 0 && duration % candidate.first == 0);
  });
  const auto number = duration / unit->first;
  return fmt::format("{} {}{}", number, unit->second, number == 1 ? "" : "s");
}

Micros ChooseRetention(const TableFolder& table, const Metadata& metadata,
                       const VacuumRequest& request) {
  const Micros own = RetentionOf(metadata);
  const Micros retention = request.retention.value_or(own);
  if (retention < 0) {
    throw UserError("a retention can't be negative");
  }
  if (retention < own && !request.allow_short) {
    throw UserError(
        "{} keeps removed files for {}; a shorter retention ({}) can break running readers and "
        "writers, and has to be asked for: --allow-short-retention",
        table.name, DurationText(own), DurationText(retention));
  }
  return retention;
}

// Files that entries of the log removed after `since`; only needed where the retention is longer
// than the time for which checkpoints remember them.
void AddRecentRemoves(const TableFolder& table, std::int64_t newest, Micros since,
                      std::set<std::string>& keys) {
  for (std::int64_t version = newest; version >= 0; --version) {
    const auto entry = table.store->Head(LogEntryKey(version));
    if (!entry || entry->modified < since) {
      return;
    }
    for (const Action& action : ReadLogEntry(table, version)) {
      if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        keys.insert(KeyOfPath(table, remove->path));
      }
    }
  }
}

// What versions within the retention name.
std::set<std::string> RememberedKeys(const TableFolder& table, const Snapshot& snapshot,
                                     Micros since) {
  std::set<std::string> keys;
  for (const AddFile& file : snapshot.files) {
    keys.insert(KeyOfPath(table, file.path));
  }
  for (const RemoveFile& file : snapshot.tombstones) {
    if (file.deletion_timestamp * 1000 >= since) {
      keys.insert(KeyOfPath(table, file.path));
    }
  }
  if (since < Now() - RetentionOf(snapshot.metadata)) {
    AddRecentRemoves(table, snapshot.version, since, keys);
  }
  return keys;
}

// Files that intents are about to commit, or to remove.
void AddIntentKeys(Warehouse& warehouse, const TableFolder& table, std::set<std::string>& keys) {
  for (const Intent& intent : ListIntents(warehouse.store())) {
    for (const IntentTable& part : intent.tables) {
      for (const AddFile& file : part.changes.adds) {
        keys.insert(KeyOfPath(table, file.path));
      }
    }
  }
}

// Whether a key lies in a folder that is not data: the log, and other hidden ones.
bool IsHidden(const Metadata& metadata, std::string_view key) {
  while (!key.empty()) {
    const std::string_view part = key.substr(0, key.find('/'));
    const bool is_folder = part.size() < key.size();
    const bool is_partition = is_folder && part.find('=') != std::string_view::npos &&
                              metadata.IsPartitionColumn(part.substr(0, part.find('=')));
    if ((part.starts_with('_') || part.starts_with('.')) && !is_partition) {
      return true;
    }
    key.remove_prefix(std::min(part.size() + 1, key.size()));
  }
  return false;
}

// Whether Delta's writers keep data in such files; what else lies there, a user has put there.
bool IsData(std::string_view key) { return key.ends_with(".parquet") || IsBesideData(key); }

}  // namespace

VacuumReport VacuumTable(Warehouse& warehouse, const TableFolder& table,
                         const VacuumRequest& request) {
  // Listed before anything that protects files is read: what is committed meanwhile is known then.
  const Micros now = Now();
  std::vector<storage::ObjectInfo> objects = table.store->List("");
  std::vector<storage::ObjectInfo> leftovers = table.store->ListLeftovers("");
  const std::set<std::string> tables = TablesWithin(objects);
  EraseWithin(tables, objects);
  EraseWithin(tables, leftovers);
  std::set<std::string> kept =
      request.protected_keys ? request.protected_keys() : std::set<std::string>();
  AddIntentKeys(warehouse, table, kept);
  const Snapshot snapshot = warehouse.Open(table);
  if (!snapshot.exists()) {
    throw UserError("there is no table {}", table.name);
  }
  CheckWritable(snapshot, table.name);
  const Micros since = now - ChooseRetention(table, snapshot.metadata, request);
  kept.merge(RememberedKeys(table, snapshot, since));

  std::erase_if(objects, [&](const storage::ObjectInfo& object) {
    return kept.contains(object.key) || !IsData(object.key) ||
           IsHidden(snapshot.metadata, object.key);
  });
  objects.insert(objects.end(), leftovers.begin(), leftovers.end());
  std::erase_if(objects, [&](const auto& object) { return object.modified > since; });
  std::ranges::sort(objects, {}, &storage::ObjectInfo::key);
  VacuumReport report{.deleted = std::move(objects), .bytes = 0};
  for (const storage::ObjectInfo& object : report.deleted) {
    report.bytes += object.size;
    if (!request.dry_run) {
      table.store->Delete(object.key);
    }
  }
  return report;
}

}  // namespace weir::lake
