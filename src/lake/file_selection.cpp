#include "lake/file_selection.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "lake/scan.h"
#include "sql/plan_filters.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// Whether there is something to leave out, and weir's own code reads the table.
bool CanNarrow(const FileSelection& selection) {
  return selection.files.size() > 1 && UnreadableFeatures(selection.snapshot).empty();
}

// A table without rows and with the columns of `selection`.
void MakeStandIn(sql::Connection& connection, const FileSelection& selection) {
  std::string columns;
  for (const Field& field : selection.snapshot.metadata.schema.fields) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", sql::QuoteName(field.name),
                           ToText(field.type));
  }
  const std::string schema = sql::QuoteName(selection.view.schema);
  connection.Run(fmt::format("CREATE SCHEMA IF NOT EXISTS {}; CREATE OR REPLACE TABLE {}.{} ({})",
                             schema, schema, sql::QuoteName(selection.view.name), columns));
}

}  // namespace

void FileSelector::Narrow(std::string_view select, std::vector<FileSelection>& selections,
                          const std::vector<std::string>& views) {
  if (std::ranges::none_of(selections, CanNarrow)) {
    return;
  }
  if (!planner_) {
    constexpr std::uint64_t kMemory = 64U << 20U;
    planner_ = std::make_unique<Planner>(
        sql::DatabaseOptions{.memory_bytes = kMemory, .threads = 1, .spill_folder = {}});
  }
  for (const FileSelection& selection : selections) {
    MakeStandIn(planner_->connection, selection);
  }
  for (const std::string& view : views) {
    planner_->connection.Run(view);
  }
  const auto scans = sql::FindScanFilters(planner_->connection, select);
  if (!scans) {
    LogDebug("no file can be left out: the statement isn't planned ahead");
    return;
  }
  for (FileSelection& selection : selections) {
    if (CanNarrow(selection)) {
      const Predicate needed =
          sql::FilterOfTable(*scans, selection.view.schema, selection.view.name);
      selection.files = PruneFiles(selection.snapshot, needed);
    }
  }
}

}  // namespace weir::lake
