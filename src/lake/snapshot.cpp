#include "lake/snapshot.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/process.h"
#include "lake/checkpoint.h"
#include "lake/log_names.h"
#include "lake/log_replay.h"
#include "lake/operation.h"

namespace weir::lake {
namespace {

// The names in a log, and the versions of the entries among them, ascending.
struct LogListing {
  std::vector<storage::ObjectInfo> objects;
  std::vector<std::int64_t> versions;
};

LogListing ListLog(const TableFolder& table) {
  LogListing listing{.objects = table.store->List(
                         kLogFolder, {.start_after = {}, .recursive = false, .names_only = true}),
                     .versions = {}};
  for (const storage::ObjectInfo& object : listing.objects) {
    if (const auto version = LogEntryVersion(object.key)) {
      listing.versions.push_back(*version);
    }
  }
  return listing;
}

// The time of a version: its commitInfo's, else that of its file; 0 if the log has its checkpoint
// alone.
Micros TimeOf(const TableFolder& table, const LogListing& listing, std::int64_t version) {
  if (!std::ranges::binary_search(listing.versions, version)) {
    return 0;
  }
  for (const Action& action : ReadLogEntry(table, version)) {
    if (const auto* info = std::get_if<CommitInfo>(&action);
        info != nullptr && info->timestamp > 0) {
      return info->timestamp * 1000;
    }
  }
  const auto entry = table.store->Head(LogEntryKey(version));
  return entry ? entry->modified : 0;
}

// The smallest version that the log names.
std::int64_t OldestIn(const LogListing& listing) {
  for (const storage::ObjectInfo& object : listing.objects) {
    if (const auto version = VersionInName(object.key)) {
      return *version;  // keys are in bytewise order, versions have leading zeros
    }
  }
  return 0;
}

// What an error adds where older versions were taken away on purpose.
std::string WhyItBegins(const TableFolder& table, const LogListing& listing, std::int64_t version) {
  if (!std::ranges::binary_search(listing.versions, version)) {
    return "";
  }
  for (const Action& action : ReadLogEntry(table, version)) {
    const auto* info = std::get_if<CommitInfo>(&action);
    if (info != nullptr && info->operation == kErasure) {
      return fmt::format(
          "; older ones held rows of people who were forgotten, and went with them (run {})",
          info->run_id);
    }
  }
  return "";
}

// The newest version not later than `time`. Commit times ascend, but for clocks that were set; the
// first version that is later ends the search from the front of the bisection, as in other readers.
std::int64_t VersionAsOf(const TableFolder& table, const LogListing& listing, Micros time) {
  std::size_t first = 0;
  std::size_t count = listing.versions.size();
  while (count > 0) {
    const std::size_t half = count / 2;
    const std::size_t middle = first + half;
    if (TimeOf(table, listing, listing.versions[middle]) <= time) {
      first = middle + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (first == 0) {
    const Micros oldest = TimeOf(table, listing, listing.versions[0]);
    throw UserError("{} has no version as of {}; its log begins with version {} at {}{}",
                    table.name, FormatTimestamp(time), listing.versions[0], FormatTimestamp(oldest),
                    WhyItBegins(table, listing, listing.versions[0]));
  }
  return listing.versions[first - 1];
}

std::int64_t ChooseVersion(const TableFolder& table, const LogListing& listing,
                           const std::optional<CheckpointFiles>& checkpoint,
                           const VersionChoice& choice) {
  if (choice.as_of && !listing.versions.empty()) {
    return VersionAsOf(table, listing, *choice.as_of);
  }
  const std::int64_t newest = std::max(listing.versions.empty() ? -1 : listing.versions.back(),
                                       checkpoint ? checkpoint->version : -1);
  if (choice.version && (*choice.version > newest || *choice.version < 0)) {
    throw UserError("{} has no version {}; its newest is {}", table.name, *choice.version, newest);
  }
  if (const std::int64_t oldest = OldestIn(listing); choice.version && *choice.version < oldest) {
    throw UserError("{} has no version {} any more; its log begins with version {}{}", table.name,
                    *choice.version, oldest, WhyItBegins(table, listing, oldest));
  }
  return choice.version.value_or(newest);
}

// The entries after the checkpoint up to `version`: all of them, or an error naming the first gap.
void CheckNoGap(const TableFolder& table, const LogListing& listing, std::int64_t after,
                std::int64_t version) {
  const std::set<std::int64_t> present(listing.versions.begin(), listing.versions.end());
  for (std::int64_t wanted = after + 1; wanted <= version; ++wanted) {
    // A listing that ran while others committed may hold a newer entry and lack an older one.
    if (!present.contains(wanted) && !table.store->Head(LogEntryKey(wanted))) {
      throw UserError(
          "{} can't be opened at version {}: {} is missing, and no complete checkpoint replaces it",
          table.name, version, table.store->Url(LogEntryKey(wanted)));
    }
  }
}

// Entries are read and parsed in parallel, a block at a time, and applied in order.
void ApplyEntries(const TableFolder& table, std::int64_t after, std::int64_t version,
                  LogReplay& replay) {
  constexpr std::int64_t kBlock = 512;
  for (std::int64_t start = after + 1; start <= version; start += kBlock) {
    const std::int64_t count = std::min(kBlock, version - start + 1);
    std::vector<std::vector<Action>> entries(static_cast<std::size_t>(count));
    const int threads = count >= 32 ? AvailableProcessors() : 1;
    ParallelFor(entries.size(), threads, [&](std::size_t i) {
      entries[i] = ReadLogEntry(table, start + static_cast<std::int64_t>(i));
    });
    for (std::int64_t i = 0; i < count; ++i) {
      replay.Apply(start + i, std::move(entries[static_cast<std::size_t>(i)]));
    }
  }
}

void CheckComplete(const TableFolder& table, const Snapshot& snapshot) {
  if (snapshot.metadata.id.empty() && snapshot.metadata.schema_string.empty()) {
    throw UserError("{} can't be opened at version {}: its log has no metaData action", table.name,
                    snapshot.version);
  }
}

}  // namespace

std::int64_t Snapshot::num_bytes() const {
  return std::accumulate(files.begin(), files.end(), std::int64_t{0},
                         [](std::int64_t sum, const AddFile& file) { return sum + file.size; });
}

std::vector<Action> ReadLogEntry(const TableFolder& table, std::int64_t version) {
  const std::string key = LogEntryKey(version);
  const auto text = table.store->Get(key);
  if (!text) {
    throw UserError("{}: {} is missing", table.name, table.store->Url(key));
  }
  return ParseLogEntry(*text, table.store->Url(key));
}

Snapshot LoadSnapshot(const TableFolder& table, sql::Connection& connection,
                      const VersionChoice& choice) {
  const LogListing listing = ListLog(table);
  constexpr std::int64_t kAnyVersion = std::numeric_limits<std::int64_t>::max();
  auto checkpoint = NewestCheckpoint(listing.objects, choice.version.value_or(kAnyVersion));
  if (listing.versions.empty() && !checkpoint) {
    if (choice.version || choice.as_of) {
      throw UserError("there is no table {}", table.name);
    }
    return {};
  }
  const std::int64_t version = ChooseVersion(table, listing, checkpoint, choice);
  if (checkpoint && checkpoint->version > version) {
    checkpoint = NewestCheckpoint(listing.objects, version);
  }
  LogReplay replay =
      checkpoint ? LogReplay(ReadCheckpoint(table, *checkpoint, connection)) : LogReplay();
  const std::int64_t after = checkpoint ? checkpoint->version : -1;
  CheckNoGap(table, listing, after, version);
  ApplyEntries(table, after, version, replay);
  Snapshot snapshot = replay.Finish();
  if (snapshot.timestamp == 0) {
    snapshot.timestamp = TimeOf(table, listing, version) / 1000;
  }
  CheckComplete(table, snapshot);
  return snapshot;
}

void AllowReads(sql::Database& database, const storage::ObjectStore& store) {
  if (const auto access = store.s3_access()) {
    database.Allow(*access);
  }
}

std::int64_t LatestVersion(const TableFolder& table) {
  std::int64_t latest = -1;
  for (const storage::ObjectInfo& object :
       table.store->List(kLogFolder, {.start_after = {}, .recursive = false, .names_only = true})) {
    latest = LogEntryVersion(object.key).value_or(latest);
  }
  return latest;
}

}  // namespace weir::lake
