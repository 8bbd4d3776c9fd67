#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/services.h"
#include "lake/operation.h"
#include "lake/warehouse.h"

namespace weir::cli {

// A table that exists, and the warehouse to work on it with.
struct NamedTable {
  lake::Warehouse& warehouse;
  lake::TableFolder folder;
};

// Finds a table by `schema.name` or path. Throws UserError with the nearest name if there is none.
NamedTable FindTable(Services& services, std::string_view name_or_path);

// The same to read it alone: where the project's warehouse has no such table also that of the
// environment that is read from.
NamedTable FindTableToRead(Services& services, std::string_view name_or_path);

// A table that an argument names, at the version it names, to be read.
struct OpenedTable {
  lake::Warehouse& warehouse;
  lake::TableFolder folder;
  lake::Snapshot snapshot;

  lake::TableAt at() const { return {.folder = folder, .snapshot = snapshot}; }
};

OpenedTable OpenTable(Services& services, std::string_view argument);

// Several, all of those without a version as they were at one moment.
std::vector<OpenedTable> OpenTables(Services& services, const std::vector<std::string>& arguments);

// How many rows the snapshot has, if its files' statistics tell.
std::optional<std::int64_t> NumRows(const lake::Snapshot& snapshot);

// "12,345", or "unknown".
std::string RowsText(std::optional<std::int64_t> rows);

// "2026-01-02T03:04:05.678Z" of milliseconds.
std::string TimeText(std::int64_t milliseconds);

// Says what an operation committed.
void PrintCommitted(Services& services, const lake::TableFolder& folder,
                    const lake::Committed& committed);

}  // namespace weir::cli
