#include "cli/table/opened_table.h"

#include <algorithm>
#include <iterator>
#include <map>
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

bool IsThere(lake::Warehouse& warehouse, const lake::TableFolder& folder) {
  const storage::ListOptions names{.start_after = {}, .recursive = false, .names_only = true};
  return !folder.store->List("_delta_log/", names).empty() || warehouse.VersionOf(folder) >= 0;
}

[[noreturn]] void ThrowUnknown(lake::Warehouse& warehouse, const lake::TableFolder& folder,
                               std::string_view name_or_path) {
  throw UserError("unknown table '{}': there is no Delta table in {}{}", name_or_path,
                  folder.store->root(), lake::SuggestTable(warehouse, name_or_path));
}

struct NamedVersion {
  NamedTable table;
  lake::VersionChoice choice;
};

NamedVersion FindVersion(Services& services, std::string_view argument) {
  const lake::VersionedName named = lake::ParseVersionedName(argument);
  const bool is_path = argument.find('/') != std::string_view::npos;
  if (named.is_latest() && !is_path && argument.find('@') != std::string_view::npos) {
    lake::ThrowWrongVersion(argument);
  }
  return {.table = FindTableToRead(services, named.name), .choice = named.choice};
}

bool IsLatest(const lake::VersionChoice& choice) { return !choice.version && !choice.as_of; }

// Chooses the versions that those whose latest is asked for had at one moment, in each warehouse.
void ChooseTogether(std::vector<NamedVersion>& named) {
  std::map<lake::Warehouse*, std::vector<NamedVersion*>> latest;
  for (NamedVersion& one : named) {
    if (IsLatest(one.choice) && one.table.warehouse.Holds(one.table.folder)) {
      latest[&one.table.warehouse].push_back(&one);
    }
  }
  for (const auto& [warehouse, tables] : latest) {
    std::vector<std::string> names;
    std::ranges::transform(tables, std::back_inserter(names),
                           [](const NamedVersion* one) { return one->table.folder.name; });
    const std::vector<std::int64_t> versions = warehouse->VersionsTogether(names);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (versions[i] >= 0) {  // else the log has a checkpoint alone, or nothing
        tables[i]->choice.version = versions[i];
      }
    }
  }
}

OpenedTable Open(NamedVersion&& named, std::string_view argument) {
  auto& [table, choice] = named;
  lake::Snapshot snapshot = table.warehouse.Open(table.folder, choice);
  if (!snapshot.exists()) {
    ThrowUnknown(table.warehouse, table.folder, argument);
  }
  return {table.warehouse, std::move(table.folder), std::move(snapshot)};
}

}  // namespace

NamedTable FindTable(Services& services, std::string_view name_or_path) {
  lake::Warehouse& warehouse = services.WarehouseOf(name_or_path);
  lake::TableFolder folder = warehouse.Resolve(name_or_path);
  if (!IsThere(warehouse, folder)) {
    ThrowUnknown(warehouse, folder, name_or_path);
  }
  return {warehouse, std::move(folder)};
}

NamedTable FindTableToRead(Services& services, std::string_view name_or_path) {
  lake::Warehouse* other = services.other_warehouse();
  const bool is_path = name_or_path.find('/') != std::string_view::npos;
  if (other != nullptr && !is_path &&
      !IsThere(services.warehouse(), services.warehouse().Resolve(name_or_path))) {
    lake::TableFolder folder = other->Resolve(name_or_path);
    if (IsThere(*other, folder)) {
      return {*other, std::move(folder)};
    }
  }
  return FindTable(services, name_or_path);
}

OpenedTable OpenTable(Services& services, std::string_view argument) {
  return Open(FindVersion(services, argument), argument);
}

std::vector<OpenedTable> OpenTables(Services& services, const std::vector<std::string>& arguments) {
  std::vector<NamedVersion> named;
  named.reserve(arguments.size());
  for (const std::string& argument : arguments) {
    named.push_back(FindVersion(services, argument));
  }
  ChooseTogether(named);
  std::vector<OpenedTable> opened;
  opened.reserve(named.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    opened.push_back(Open(std::move(named[i]), arguments[i]));
  }
  return opened;
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
