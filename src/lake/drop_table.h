#pragma once

#include <string>
#include <vector>

#include "lake/warehouse.h"

namespace weir::lake {

// Deletes a table; a folder without a log is refused (UserError). Gives what it left in the folder,
// by key: of files that are not the table's own, those of other tables in folders of it, whole
// folders ("t/").
//
// First a version is committed that holds no files, so that readers see all rows or none; then go
// the data files, then the log, oldest entry first. A data file is what the log names, or has such
// a name as weir gives its own (those that a dead run left); whatever else lies there stays, and
// so do tables in folders below. A drop that was killed leaves an empty table, or a log without its
// beginning that nobody can open; in both cases another drop finishes.
std::vector<std::string> DropTable(Warehouse& warehouse, const TableFolder& table);

}  // namespace weir::lake
