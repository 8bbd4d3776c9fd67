#pragma once

#include "lake/warehouse.h"

namespace weir::lake {

// Deletes a table with its folder; a folder without a log is refused (UserError).
//
// First a version is committed that holds no files, so that readers see all rows or none; then go
// the data files, then the log, oldest entry first. A drop that was killed leaves an empty table,
// or a log without its beginning that nobody can open; in both cases another drop finishes.
void DropTable(Warehouse& warehouse, const TableFolder& table);

}  // namespace weir::lake
