#include "jobs/run/compact_days.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "jobs/plan/row_days.h"
#include "lake/optimize.h"

namespace weir::jobs {
namespace {

constexpr std::int64_t kSmallFile = std::int64_t{32} << 20;  // bytes
constexpr std::int64_t kPackedFile = std::int64_t{192}
                                     << 20;  // room for a file of 128 MB and small ones

// A table that a stream appends to.
struct StreamTable {
  std::string name;
  lake::TableFolder folder;
  lake::Snapshot snapshot;
};

std::vector<StreamTable> TablesOf(const JobInstance& stream, lake::Warehouse& warehouse) {
  std::vector<StreamTable> tables;
  for (const project::Output& output : stream.writes) {
    lake::TableFolder folder = warehouse.FolderOf(output.table);
    lake::Snapshot snapshot = warehouse.Open(folder);
    const Field* day = RowDays::ColumnIn(snapshot.metadata.schema);
    const auto& partitions = snapshot.metadata.partition_columns;
    const bool by_day =
        day != nullptr && std::ranges::find(partitions, day->name) != partitions.end();
    if (output.mode == project::OutputMode::kAppend && snapshot.exists() && by_day) {
      tables.push_back(
          {.name = output.table, .folder = std::move(folder), .snapshot = std::move(snapshot)});
    }
  }
  return tables;
}

// The end of the newest day that one of the tables holds.
std::optional<Micros> NewestEnd(const std::vector<StreamTable>& tables, const RowDays& days) {
  std::optional<Micros> newest;
  for (const StreamTable& table : tables) {
    newest = std::max(newest, days.NewestEnd(table.snapshot));
  }
  return newest;
}

// Of one partition: its small files, and the smallest of the others where the small ones together
// would still be small. Nothing if there is nothing to put together.
std::vector<lake::AddFile> FilesToPack(std::vector<lake::AddFile> files) {
  std::ranges::sort(files, [](const lake::AddFile& left, const lake::AddFile& right) {
    return std::tie(left.size, left.path) < std::tie(right.size, right.path);
  });
  std::size_t count = 0;
  std::int64_t bytes = 0;
  for (; count < files.size() && files[count].size < kSmallFile; ++count) {
    bytes += files[count].size;
  }
  if (count > 0 && count < files.size() && bytes < kSmallFile) {
    ++count;
  }
  files.resize(count > 1 ? count : 0);
  return files;
}

// The table as if it held nothing but what is to be packed: what is planned on it leaves all other
// files alone.
lake::Snapshot OnlyFilesToPack(const StreamTable& table, const RowDays& days, Micros closed) {
  std::map<lake::PartitionValues, std::vector<lake::AddFile>> partitions;
  for (const lake::AddFile& file : table.snapshot.files) {
    if (days.RangeOf(file, table.snapshot.metadata).end <= closed) {
      partitions[file.partition_values].push_back(file);
    }
  }
  lake::Snapshot snapshot = table.snapshot;
  snapshot.files.clear();
  for (auto& [values, files] : partitions) {
    std::ranges::move(FilesToPack(std::move(files)), std::back_inserter(snapshot.files));
  }
  return snapshot;
}

std::optional<CompactedTable> Pack(const StreamTable& table, const RowDays& days, Micros closed,
                                   lake::Warehouse& warehouse) {
  const lake::Snapshot packed = OnlyFilesToPack(table, days, closed);
  if (packed.files.empty()) {
    return std::nullopt;
  }
  const lake::Changes changes = lake::PlanOptimize(
      warehouse, {.folder = table.folder, .snapshot = packed}, {.target_file_bytes = kPackedFile});
  const lake::Committed committed =
      lake::CommitPlanned(warehouse, {.folder = table.folder, .snapshot = table.snapshot}, changes);
  if (!committed.changed) {
    return std::nullopt;
  }
  return CompactedTable{.table = table.name,
                        .files_removed = committed.metrics.files_removed,
                        .files_added = committed.metrics.files_added};
}

// Leaves a table for the next time whose files somebody else changed.
std::optional<CompactedTable> Compact(const StreamTable& table, const RowDays& days, Micros closed,
                                      lake::Warehouse& warehouse) {
  try {
    return Pack(table, days, closed, warehouse);
  } catch (const ConflictError& problem) {
    LogInfo("{}: its small files stay for now: {}", table.name, problem.what());
    return std::nullopt;
  }
}

}  // namespace

std::vector<CompactedTable> CompactClosedDays(const std::vector<JobInstance>& instances,
                                              const std::set<std::size_t>& chosen,
                                              const PlanFacts& facts, lake::Warehouse& warehouse) {
  std::vector<CompactedTable> compacted;
  for (const std::size_t i : chosen) {
    const auto& source = facts.sources[i];
    if (!instances[i].job->is_stream || !source || !source->new_inputs.empty()) {
      continue;
    }
    const RowDays days(instances[i].job->schedule.time_zone);
    const std::vector<StreamTable> tables = TablesOf(instances[i], warehouse);
    const auto newest = NewestEnd(tables, days);
    if (!newest) {
      continue;  // there are no rows yet
    }
    for (const StreamTable& table : tables) {
      if (auto done = Compact(table, days, *newest - facts.late, warehouse)) {
        compacted.push_back(*std::move(done));
      }
    }
  }
  return compacted;
}

}  // namespace weir::jobs
