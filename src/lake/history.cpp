#include "lake/history.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace weir::lake {
namespace {

// The version of a log entry's key; nothing for checkpoints and other files.
std::optional<std::int64_t> VersionOfEntry(const std::string& key) {
  std::int64_t version = 0;
  const std::size_t start = key.rfind('/') + 1;
  const char* const end = key.data() + key.size();
  const auto parsed = std::from_chars(key.data() + start, end, version);
  return parsed.ec == std::errc() && LogEntryKey(version) == key ? std::optional(version)
                                                                 : std::nullopt;
}

HistoryEntry ReadEntry(const TableFolder& table, std::int64_t version, Micros modified) {
  HistoryEntry entry{.version = version, .timestamp = modified / 1000, .info = {}};
  for (const Action& action : ReadLogEntry(table, version)) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) {
      entry.info = *info;
      entry.timestamp = info->timestamp > 0 ? info->timestamp : entry.timestamp;
    }
  }
  return entry;
}

}  // namespace

std::vector<HistoryEntry> ReadHistory(const TableFolder& table, std::size_t limit) {
  auto objects = table.store->List("_delta_log/", {.start_after = {}, .recursive = false});
  std::ranges::reverse(objects);
  std::vector<HistoryEntry> entries;
  for (const storage::ObjectInfo& object : objects) {
    const auto version = VersionOfEntry(object.key);
    if (version && (limit == 0 || entries.size() < limit)) {
      entries.push_back(ReadEntry(table, *version, object.modified));
    }
  }
  return entries;
}

}  // namespace weir::lake
