#include "lake/write_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "lake/merge.h"
#include "lake/new_table.h"
#include "lake/partitions.h"
#include "lake/read_failure.h"
#include "lake/scan.h"
#include "lake/source_columns.h"
#include "lake/write_data.h"

namespace weir::lake {
namespace {

constexpr std::array kModes = {
    std::pair{WriteMode::kAppend, "append"}, std::pair{WriteMode::kOverwrite, "overwrite"},
    std::pair{WriteMode::kReplace, "replace"}, std::pair{WriteMode::kMerge, "merge"}};

std::string ModeName(WriteMode mode) {
  return std::ranges::find(kModes, mode, [](const auto& known) { return known.first; })->second;
}

// The partition of a file, in one spelling, limited to the columns that `like` names.
PartitionValues PartitionOf(const Metadata& metadata, const AddFile& file,
                            const PartitionValues& like) {
  PartitionValues values = CanonicalPartition(metadata, file.partition_values);
  std::erase_if(values, [&](const auto& value) { return !like.contains(value.first); });
  return values;
}

// Throws UserError if a file holds rows outside of the partition, with examples of them.
void CheckInside(const Metadata& metadata, const PartitionValues& partition,
                 const std::vector<AddFile>& adds) {
  std::map<std::string, std::int64_t> outside;
  for (const AddFile& file : adds) {
    const PartitionValues found = PartitionOf(metadata, file, partition);
    if (found != partition) {
      outside[PartitionText(found)] += StatisticsOf(file).num_rows.value_or(0);
    }
  }
  if (outside.empty()) {
    return;
  }
  constexpr std::size_t kExamples = 3;
  std::vector<std::string> examples;
  for (const auto& [text, rows] : outside) {
    if (examples.size() < kExamples) {
      examples.push_back(fmt::format("{} row{} with {}", rows, rows == 1 ? "" : "s", text));
    }
  }
  throw UserError("the source holds rows outside of {}: {}{}", PartitionText(partition),
                  fmt::join(examples, "; "), outside.size() > kExamples ? "; …" : "");
}

// The base's files in one of `partitions` (canonical, of the same columns).
std::vector<AddFile> FilesIn(const Snapshot& base, const std::set<PartitionValues>& partitions) {
  std::vector<AddFile> files;
  if (partitions.empty()) {
    return files;
  }
  std::ranges::copy_if(base.files, std::back_inserter(files), [&](const AddFile& file) {
    return partitions.contains(PartitionOf(base.metadata, file, *partitions.begin()));
  });
  return files;
}

// Which partitions a replace replaces: the one asked for, or those that the new files are in.
std::set<PartitionValues> ReplacedPartitions(const Metadata& metadata, const WriteRequest& request,
                                             const std::vector<AddFile>& adds) {
  if (metadata.partition_columns.empty()) {
    throw UserError(
        "mode replace needs a partitioned table; use overwrite, or partition the table");
  }
  if (!request.replace.empty()) {
    return {CanonicalPartition(metadata, request.replace)};
  }
  std::set<PartitionValues> partitions;
  for (const AddFile& file : adds) {
    partitions.insert(CanonicalPartition(metadata, file.partition_values));
  }
  return partitions;
}

void PlanReplace(const TableAt& table, const WriteRequest& request, const Metadata& metadata,
                 Changes& changes) {
  const auto partitions = ReplacedPartitions(metadata, request, changes.adds);
  if (!request.replace.empty()) {
    CheckInside(metadata, *partitions.begin(), changes.adds);
  }
  changes.removes = RemovalsOf(FilesIn(table.snapshot, partitions), true);
  std::vector<Predicate> reads;
  reads.reserve(partitions.size());
  for (const PartitionValues& partition : partitions) {
    reads.push_back(PartitionPredicate(metadata, partition));
  }
  changes.reads = reads.empty() ? std::nullopt : std::optional(AnyOf(std::move(reads)));
}

// What goes for what came.
void PlanRemoves(const TableAt& table, const WriteRequest& request, const Metadata& metadata,
                 Changes& changes) {
  if (request.mode == WriteMode::kOverwrite) {
    changes.removes = RemovalsOf(table.snapshot.files, true);
    changes.reads = Predicate{};
  } else if (request.mode == WriteMode::kReplace) {
    PlanReplace(table, request, metadata, changes);
  }
}

OperationName ModeName(const WriteRequest& request, const Metadata& metadata) {
  OperationName name{.operation = "WRITE", .parameters = {{"mode", ModeName(request.mode)}}};
  if (request.mode == WriteMode::kReplace) {
    name.parameters["predicate"] = PartitionText(request.replace);
  }
  if (!metadata.partition_columns.empty()) {
    name.parameters["partitionBy"] = fmt::format("{}", fmt::join(metadata.partition_columns, ","));
  }
  return name;
}

std::int64_t RemovedRows(const TableAt& table, const std::vector<RemoveFile>& removes) {
  std::set<std::string> paths;
  std::ranges::transform(removes, std::inserter(paths, paths.end()), &RemoveFile::path);
  std::int64_t rows = 0;
  for (const AddFile& file : table.snapshot.files) {
    rows += paths.contains(file.path) ? StatisticsOf(file).num_rows.value_or(0) : 0;
  }
  return rows;
}

// Append, overwrite and replace: one pass from the source to files.
Changes PlanPlainWrite(Warehouse& warehouse, const TableAt& table, const WriteRequest& request) {
  const SourceColumns source =
      MatchColumns(warehouse.connection(), table, request.select, request.partition_by);
  CanonicalPartition(source.metadata, request.replace);
  Changes changes;
  changes.adds = WriteData(warehouse.connection(), table.folder, source.metadata, source.select,
                           {.sort_by = request.sort_by,
                            .run_id = request.origin.run_id,
                            .expects_few = request.expects_few});
  try {
    PlanRemoves(table, request, source.metadata, changes);
  } catch (const UserError&) {
    DiscardFiles(table.folder, changes.adds);
    throw;
  }
  SetMetadata(changes, table, source);
  DescribeOperation(
      changes, request.origin, ModeName(request, source.metadata),
      {.rows_inserted = RowsOf(changes.adds), .rows_deleted = RemovedRows(table, changes.removes)});
  changes.info.is_blind_append = request.mode == WriteMode::kAppend;
  return changes;
}

}  // namespace

WriteMode ParseWriteMode(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [mode, name] : kModes) {
    if (text == name) {
      return mode;
    }
    names.emplace_back(name);
  }
  throw UserError("unknown mode '{}'; allowed: {}{}", text, fmt::join(names, ", "),
                  DidYouMean(text, names));
}

Changes PlanWrite(Warehouse& warehouse, const TableAt& table, const WriteRequest& request) {
  CheckWritable(table.snapshot, table.folder.name);
  if (!table.snapshot.exists()) {
    CheckNewTable(warehouse, table.folder);
  }
  if (request.mode != WriteMode::kAppend) {
    CheckRemovable(table);
  }
  if (request.mode != WriteMode::kMerge) {
    return PlanPlainWrite(warehouse, table, request);
  }
  return NamingBadFiles(warehouse.connection(), table.folder, table.snapshot,
                        [&] { return PlanMerge(warehouse, table, request); });
}

Committed WriteTable(Warehouse& warehouse, const TableFolder& table, const WriteRequest& request) {
  const Snapshot snapshot = warehouse.Open(table);
  const TableAt at{.folder = table, .snapshot = snapshot};
  return CommitPlanned(warehouse, at, PlanWrite(warehouse, at, request));
}

}  // namespace weir::lake
