#pragma once

#include <string>

#include "lake/snapshot.h"
#include "sql/database.h"

namespace weir::lake {

// Loads what reading `snapshot` needs: nothing, or DuckDB's `delta` extension. Throws UserError
// naming the feature that nobody here reads.
void EnsureReadable(const TableFolder& table, const Snapshot& snapshot, sql::Database& database);

// A SELECT that gives the rows of a table whose features weir lacks, through the extension.
std::string ExtensionScanSql(const TableFolder& table, const Snapshot& snapshot);

}  // namespace weir::lake
