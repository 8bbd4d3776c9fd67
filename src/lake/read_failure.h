#pragma once

#include <exception>
#include <string_view>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

// What a read of a table's data has failed with: `problem`, while `files` of the snapshot were
// read. DuckDB's errors about a damaged page or a file that is gone don't all say which file it is.
// If `problem` is such a one, looks for the file, by a look at each or a read of each, and throws a
// UserError that names it; else returns. `connection` must not be reading anything.
void ThrowIfFileUnreadable(sql::Connection& connection, const TableFolder& table,
                           const Snapshot& snapshot, const std::vector<AddFile>& files,
                           const std::exception& problem);

// Does `act`, which reads the snapshot's files, with errors as above.
template <typename Act>
auto NamingBadFiles(sql::Connection& connection, const TableFolder& table, const Snapshot& snapshot,
                    const Act& act) {
  try {
    return act();
  } catch (const std::exception& problem) {
    ThrowIfFileUnreadable(connection, table, snapshot, snapshot.files, problem);
    throw;
  }
}

}  // namespace weir::lake
