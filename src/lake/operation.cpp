#include "lake/operation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "lake/boolean_setting.h"
#include "lake/scan.h"

namespace weir::lake {
namespace {

// The metrics by the names that the log gives them (Delta's own where it has such).
constexpr std::array kMetrics = {
    std::pair{"numInsertedRows", &OperationMetrics::rows_inserted},
    std::pair{"numUpdatedRows", &OperationMetrics::rows_updated},
    std::pair{"numDeletedRows", &OperationMetrics::rows_deleted},
    std::pair{"numAddedFiles", &OperationMetrics::files_added},
    std::pair{"numRemovedFiles", &OperationMetrics::files_removed},
    std::pair{"numAddedBytes", &OperationMetrics::bytes_added},
    std::pair{"numRemovedBytes", &OperationMetrics::bytes_removed},
};

}  // namespace

bool HasEffect(const Changes& changes) {
  return changes.protocol || changes.metadata || !changes.adds.empty() || !changes.removes.empty();
}

OperationMetrics MetricsOf(const Changes& changes) {
  OperationMetrics metrics;
  for (const auto& [name, member] : kMetrics) {
    if (const auto found = changes.info.metrics.find(name); found != changes.info.metrics.end()) {
      const std::string& text = found->second;
      std::from_chars(text.data(), text.data() + text.size(), metrics.*member);
    }
  }
  return metrics;
}

Committed CommitPlanned(Warehouse& warehouse, const TableAt& table, const Changes& changes) {
  if (!HasEffect(changes)) {
    return {.version = table.snapshot.version, .changed = false, .metrics = {}};
  }
  return {.version = warehouse.Commit(table.folder, table.snapshot, changes),
          .changed = true,
          .metrics = MetricsOf(changes)};
}

void DiscardFiles(const TableFolder& table, const std::vector<AddFile>& files) {
  try {
    for (const AddFile& file : files) {
      table.store->Delete(DecodePath(file.path));
    }
  } catch (const ExternalError&) {  // NOLINT(bugprone-empty-catch): vacuum deletes them later
  }
}

std::map<std::string, std::int64_t> CommitOrDiscard(Warehouse& warehouse, const std::string& run_id,
                                                    const std::vector<TableChanges>& parts) {
  try {
    return warehouse.CommitTogether(run_id, parts);
  } catch (const ConflictError&) {
    for (const TableChanges& part : parts) {
      DiscardFiles(warehouse.FolderOf(part.table), part.changes.adds);
    }
    throw;
  }
}

RemoveFile RemovalOf(const AddFile& file, bool data_change) {
  return {.path = file.path,
          .deletion_timestamp = Now() / 1000,
          .data_change = data_change,
          .partition_values = file.partition_values,
          .size = file.size,
          .deletion_vector = file.deletion_vector};
}

std::vector<RemoveFile> RemovalsOf(const std::vector<AddFile>& files, bool data_change) {
  std::vector<RemoveFile> removes;
  std::ranges::transform(files, std::back_inserter(removes),
                         [&](const AddFile& file) { return RemovalOf(file, data_change); });
  return removes;
}

std::int64_t RowsOf(const std::vector<AddFile>& files) {
  std::int64_t rows = 0;
  for (const AddFile& file : files) {
    rows += StatisticsOf(file).num_rows.value_or(0);
  }
  return rows;
}

int ThreadsOf(Warehouse& warehouse) {
  const int threads = warehouse.database().options().threads;
  return threads > 0 ? threads : AvailableProcessors();
}

void CheckRemovable(const TableAt& table) {
  if (BooleanSetting(table.snapshot.metadata, "delta.appendOnly").value_or(false)) {
    throw UserError("{} is append-only (delta.appendOnly = true); only appends are allowed",
                    table.folder.name);
  }
}

void DescribeOperation(Changes& changes, const CommitInfo& origin, const OperationName& name,
                       OperationMetrics metrics) {
  metrics.files_added = std::ssize(changes.adds);
  metrics.files_removed = std::ssize(changes.removes);
  for (const AddFile& file : changes.adds) {
    metrics.bytes_added += file.size;
  }
  for (const RemoveFile& file : changes.removes) {
    metrics.bytes_removed += file.size;
  }
  changes.info = origin;
  changes.info.operation = name.operation;
  changes.info.parameters = name.parameters;
  for (const auto& [key, member] : kMetrics) {
    changes.info.metrics[key] = std::to_string(metrics.*member);
  }
}

}  // namespace weir::lake
