#include "jobs/plan/table_facts.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "lake/log_names.h"
#include "lake/quiet_versions.h"

namespace weir::jobs {
namespace {

// Longer than from one first of January to the next.
constexpr Micros kLongGap = 366 * kDay;

// What a listing of the log tells.
struct LogVersions {
  std::set<std::int64_t> entries;  // those whose entries are still there
  std::int64_t oldest = 0;         // of entries and checkpoints
};

LogVersions VersionsIn(const lake::TableFolder& folder) {
  std::set<std::int64_t> named;
  LogVersions versions;
  for (const auto& object : folder.store->List(
           lake::kLogFolder, {.start_after = {}, .recursive = false, .names_only = true})) {
    if (const auto version = lake::LogEntryVersion(object.key)) {
      versions.entries.insert(*version);
    }
    if (const auto version = lake::VersionInName(object.key)) {
      named.insert(*version);
    }
  }
  versions.oldest = named.empty() ? 0 : *named.begin();
  return versions;
}

// Reads entries in order and remembers which file lay where, since removals don't say it all.
class EntryReader {
 public:
  EntryReader(const lake::TableFolder& folder, const RowDays& days)
      : folder_(folder), days_(days) {}

  // The table's columns, for entries that come after those that told them.
  void SetMetadata(const lake::Metadata& metadata) { metadata_ = metadata; }

  void Read(std::int64_t version, std::vector<Touch>& touches) {
    const auto actions = lake::ReadLogEntry(folder_, version);
    if (lake::IsForKeeping(actions)) {
      return;
    }
    for (const lake::Action& action : actions) {
      if (const auto* metadata = std::get_if<lake::Metadata>(&action)) {
        metadata_ = *metadata;
      }
    }
    std::vector<Touch> found;
    for (const lake::Action& action : actions) {
      if (const auto* add = std::get_if<lake::AddFile>(&action)) {
        Note(*add, version, found);
      } else if (const auto* remove = std::get_if<lake::RemoveFile>(&action)) {
        Note(*remove, version, found);
      }
    }
    std::ranges::move(found, std::back_inserter(touches));
  }

 private:
  // Rows whose day is none are in no interval, only in all of a table.
  Interval RangeOf(const lake::AddFile& file) const {
    return RowDays::HasNoDay(file, metadata_)
               ? Interval{.start = kAllOfTime.end - 1, .end = kAllOfTime.end}
               : days_.RangeOf(file, metadata_);
  }

  void Note(const lake::AddFile& file, std::int64_t version, std::vector<Touch>& found) {
    const Interval range = RangeOf(file);
    ranges_[file.path] = range;
    if (file.data_change) {
      Note({.version = version, .range = range, .values = file.partition_values}, found);
    }
  }

  void Note(const lake::RemoveFile& file, std::int64_t version, std::vector<Touch>& found) {
    if (!file.data_change) {
      return;
    }
    const auto known = ranges_.find(file.path);
    lake::AddFile stand_in;
    stand_in.partition_values = file.partition_values;
    Note({.version = version,
          .range = known != ranges_.end() ? known->second : RangeOf(stand_in),
          .values = file.partition_values},
         found);
  }

  static void Note(const Touch& touch, std::vector<Touch>& found) {
    if (std::ranges::find(found, touch) == found.end()) {
      found.push_back(touch);
    }
  }

  const lake::TableFolder& folder_;
  const RowDays& days_;
  lake::Metadata metadata_;
  std::map<std::string, Interval> ranges_;
};

// Versions before the first entry that the log still has: the ledger knows some of them, and of
// others it is noted that they changed nothing.
void AddForgotten(const lake::TableFolder& folder, std::int64_t first,
                  const std::map<std::int64_t, Touch>& known, TableFacts& facts) {
  std::set<std::int64_t> unknown;
  for (std::int64_t version = 0; version < first; ++version) {
    const auto touch = known.find(version);
    if (touch != known.end()) {
      facts.touches.push_back(touch->second);
    } else {
      unknown.insert(version);
    }
  }
  if (unknown.empty()) {
    return;
  }
  const std::set<std::int64_t> quiet = lake::QuietVersions(folder);
  std::erase_if(unknown, [&](std::int64_t version) { return quiet.contains(version); });
  facts.forgotten = unknown.empty() ? -1 : *unknown.rbegin();
}

// Days in one piece, but for gaps of less than kLongGap.
std::vector<Interval> PiecesOf(std::vector<Interval> ranges) {
  std::ranges::sort(ranges);
  std::vector<Interval> pieces;
  for (const Interval& range : ranges) {
    if (pieces.empty() || range.start - pieces.back().end > kLongGap) {
      pieces.push_back(range);
    } else {
      pieces.back().end = std::max(pieces.back().end, range.end);
    }
  }
  return pieces;
}

void SetExtent(std::vector<Interval> ranges, TableFacts& facts) {
  std::vector<Interval> pieces = PiecesOf(std::move(ranges));
  while (pieces.size() > 1 && pieces.back().start > Now() + kDay) {
    facts.ahead = Interval{.start = pieces.back().start,
                           .end = facts.ahead ? facts.ahead->end : pieces.back().end};
    pieces.pop_back();
  }
  if (!pieces.empty()) {
    facts.extent = pieces.back();
  }
  if (pieces.size() > 1) {
    facts.left_out = Interval{.start = pieces.front().start, .end = pieces[pieces.size() - 2].end};
  }
}

void ReadExtent(const lake::Snapshot& snapshot, const RowDays& days, TableFacts& facts) {
  facts.has_intervals = RowDays::KnownIn(snapshot.metadata.schema);
  std::vector<Interval> ranges;
  std::size_t unknown = 0;
  for (const lake::AddFile& file : snapshot.files) {
    const Interval range = days.RangeOf(file, snapshot.metadata);
    if (range != kAllOfTime) {
      ranges.push_back(range);
    } else if (RowDays::HasNoDay(file, snapshot.metadata)) {
      ++facts.dayless;
    } else {
      ++unknown;
    }
  }
  if (unknown > 0) {
    facts.has_intervals = false;  // some rows don't say
    return;
  }
  SetExtent(std::move(ranges), facts);
}

}  // namespace

TableFacts ReadTableFacts(lake::Warehouse& warehouse, const std::string& table,
                          const std::map<std::int64_t, Touch>& known, const RowDays& days,
                          bool with_extent) {
  const lake::TableFolder folder = warehouse.FolderOf(table);
  TableFacts facts;
  const LogVersions log = VersionsIn(folder);
  const std::set<std::int64_t>& versions = log.entries;
  facts.oldest = log.oldest;
  facts.latest = versions.empty() ? lake::LatestVersion(folder) : *versions.rbegin();
  if (facts.latest < 0) {
    return facts;
  }
  EntryReader reader(folder, days);
  const bool all_known =
      std::ranges::all_of(versions, [&](std::int64_t version) { return known.contains(version); });
  if (with_extent || !all_known) {
    const lake::Snapshot snapshot = warehouse.Open(folder);
    reader.SetMetadata(snapshot.metadata);
    facts.id = snapshot.metadata.id;
    if (with_extent) {
      ReadExtent(snapshot, days, facts);
    }
  }
  const std::int64_t first = versions.empty() ? facts.latest + 1 : *versions.begin();
  AddForgotten(folder, first, known, facts);
  for (const std::int64_t version : versions) {
    const auto touch = known.find(version);
    if (touch != known.end()) {
      facts.touches.push_back(touch->second);
    } else {
      reader.Read(version, facts.touches);
    }
  }
  return facts;
}

}  // namespace weir::jobs
