#include "lake/forget_versions.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <variant>

#include "base/failpoint.h"
#include "lake/actions.h"
#include "lake/checkpoint.h"
#include "lake/log_names.h"
#include "lake/operation.h"
#include "lake/quiet_versions.h"
#include "lake/vacuum.h"

namespace weir::lake {
namespace {

std::vector<storage::ObjectInfo> LogObjects(const TableFolder& table) {
  return table.store->List(kLogFolder, {.start_after = {}, .recursive = false});
}

bool IsErasure(const Action& action) {
  const auto* info = std::get_if<CommitInfo>(&action);
  return info != nullptr && info->operation == kErasure;
}

// What the files of a table are to the versions before `at` and those since.
struct FileUse {
  std::vector<std::string> only_before;  // keys
  std::set<std::string> since;
};

FileUse UseOfFiles(const Snapshot& at, const Snapshot& newest) {
  FileUse use;
  for (const Snapshot* snapshot : {&at, &newest}) {
    for (const AddFile& file : snapshot->files) {
      use.since.insert(DecodePath(file.path));
    }
  }
  std::set<std::string> gone;
  for (const RemoveFile& file : at.tombstones) {
    gone.insert(DecodePath(file.path));
  }
  for (const RemoveFile& file : newest.tombstones) {
    if (const std::string key = DecodePath(file.path); !gone.contains(key)) {
      use.since.insert(key);
    }
  }
  std::ranges::set_difference(gone, use.since, std::back_inserter(use.only_before));
  return use;
}

}  // namespace

std::int64_t OldestVersion(const TableFolder& table) {
  std::int64_t oldest = -1;
  for (const storage::ObjectInfo& object : LogObjects(table)) {
    const auto version = VersionInName(object.key);
    if (version && (oldest < 0 || *version < oldest)) {
      oldest = *version;
    }
  }
  return oldest;
}

std::optional<std::int64_t> NewestErasure(const TableFolder& table) {
  for (const storage::ObjectInfo& object : LogObjects(table) | std::views::reverse) {
    const auto version = LogEntryVersion(object.key);
    if (version && std::ranges::any_of(ReadLogEntry(table, *version), IsErasure)) {
      return version;
    }
  }
  return std::nullopt;
}

std::int64_t ForgetVersionsBefore(Warehouse& warehouse, const TableFolder& table,
                                  std::int64_t version) {
  const Snapshot at = warehouse.Open(table, {.version = version, .as_of = {}});
  WriteCheckpoint(table, at, warehouse.connection());
  Failpoint("forget:after-checkpoint");
  const FileUse use = UseOfFiles(at, warehouse.Open(table));
  NoteQuietVersions(table, version);
  std::int64_t deleted = 0;
  for (const std::string& key : use.only_before) {
    if (table.store->Head(key)) {
      table.store->Delete(key);
      ++deleted;
      Failpoint("forget:after-data-file");
    }
  }
  for (const storage::ObjectInfo& object : LogObjects(table)) {
    const auto old = VersionInName(object.key);
    if (old && *old < version) {
      table.store->Delete(object.key);
      Failpoint("forget:after-log-object");
    }
  }
  const VacuumReport rest = VacuumTable(
      warehouse, table, {.retention = kDay / 24, .allow_short = true, .protected_keys = [&use] {
                           return use.since;
                         }});
  return deleted + std::ssize(rest.deleted);
}

}  // namespace weir::lake
