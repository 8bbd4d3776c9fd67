#include "lake/history.h"

#include <algorithm>

#include <fmt/format.h>

#include "lake/log_names.h"

namespace weir::lake {
namespace {

HistoryEntry ReadEntry(const TableFolder& table, std::int64_t version, Micros modified) {
  HistoryEntry entry{.version = version, .timestamp = modified / 1000, .info = {}};
  entry.info = ReadCommitInfo(table, version);
  entry.timestamp = entry.info.timestamp > 0 ? entry.info.timestamp : entry.timestamp;
  return entry;
}

}  // namespace

std::vector<HistoryEntry> ReadHistory(const TableFolder& table, std::size_t limit,
                                      std::int64_t newest) {
  auto objects = table.store->List(kLogFolder, {.start_after = {}, .recursive = false});
  std::ranges::reverse(objects);
  std::vector<HistoryEntry> entries;
  for (const storage::ObjectInfo& object : objects) {
    const auto version = LogEntryVersion(object.key);
    if (version && *version <= newest && (limit == 0 || entries.size() < limit)) {
      entries.push_back(ReadEntry(table, *version, object.modified));
    }
  }
  return entries;
}

CommitInfo ReadCommitInfo(const TableFolder& table, std::int64_t version) {
  CommitInfo read;
  for (const Action& action : ReadLogEntry(table, version)) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) {
      read = *info;
    }
  }
  return read;
}

}  // namespace weir::lake
