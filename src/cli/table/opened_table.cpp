#include "cli/table/opened_table.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/print_json.h"
#include "cli/units.h"
#include "lake/scan.h"
#include "lake/suggest_table.h"
#include "lake/table_references.h"

namespace weir::cli {
namespace {

constexpr std::int64_t kMicrosPerMilli = 1000;

std::string MetricText(std::int64_t number, std::string_view what) {
  return fmt::format(", {} {}", FormatCount(number), what);
}

std::string MetricsText(const lake::OperationMetrics& metrics) {
  std::string text;
  const auto add = [&text](std::int64_t number, std::string_view what) {
    text += number == 0 ? "" : MetricText(number, what);
  };
  add(metrics.rows_inserted, "rows inserted");
  add(metrics.rows_updated, "rows updated");
  add(metrics.rows_deleted, "rows deleted");
  add(metrics.files_added, "files added");
  add(metrics.files_removed, "files removed");
  return text;
}

Json MetricsJson(const lake::OperationMetrics& metrics) {
  return {{"rows_inserted", metrics.rows_inserted}, {"rows_updated", metrics.rows_updated},
          {"rows_deleted", metrics.rows_deleted},   {"files_added", metrics.files_added},
          {"files_removed", metrics.files_removed}, {"bytes_added", metrics.bytes_added},
          {"bytes_removed", metrics.bytes_removed}};
}

}  // namespace

NamedTable FindTable(Services& services, std::string_view name_or_path) {
  lake::Warehouse& warehouse = services.WarehouseOf(name_or_path);
  lake::TableFolder folder = warehouse.Resolve(name_or_path);
  if (folder.store->List("_delta_log/").empty()) {
    throw UserError("unknown table '{}': there is no Delta table in {}{}", name_or_path,
                    folder.store->root(), lake::SuggestTable(warehouse, name_or_path));
  }
  return {warehouse, std::move(folder)};
}

OpenedTable OpenTable(Services& services, std::string_view argument) {
  const lake::VersionedName named = lake::ParseVersionedName(argument);
  const bool is_path = argument.find('/') != std::string_view::npos;
  if (named.is_latest() && !is_path && argument.find('@') != std::string_view::npos) {
    lake::ThrowWrongVersion(argument);
  }
  NamedTable table = FindTable(services, named.name);
  lake::Snapshot snapshot = table.warehouse.Open(table.folder, named.choice);
  return {table.warehouse, std::move(table.folder), std::move(snapshot)};
}

std::optional<std::int64_t> NumRows(const lake::Snapshot& snapshot) {
  std::int64_t rows = 0;
  for (const lake::AddFile& file : snapshot.files) {
    const auto counted = lake::StatisticsOf(file).num_rows;
    if (!counted || !file.deletion_vector.empty()) {
      return std::nullopt;
    }
    rows += *counted;
  }
  return rows;
}

std::string RowsText(std::optional<std::int64_t> rows) {
  return rows ? FormatCount(*rows) : "unknown";
}

std::string TimeText(std::int64_t milliseconds) {
  return FormatTimestampMillis(milliseconds * kMicrosPerMilli);
}

void PrintCommitted(Services& services, const lake::TableFolder& folder,
                    const lake::Committed& committed) {
  if (services.options().json) {
    PrintJson(services.out(), {{"table", folder.name},
                               {"version", committed.version},
                               {"changed", committed.changed},
                               {"metrics", MetricsJson(committed.metrics)}});
    return;
  }
  services.out() << fmt::format(
      "{}: version {}{}\n", folder.name, committed.version,
      committed.changed ? MetricsText(committed.metrics) : ", nothing to change");
}

}  // namespace weir::cli
