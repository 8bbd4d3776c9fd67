#pragma once

#include <string>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

struct TableProblem {
  std::string file;  // as in the log, or empty if it is the table's
  std::string what;

  friend bool operator==(const TableProblem&, const TableProblem&) = default;
};

// Reads the whole table and compares it with what its log says: every file is there with its size,
// its footer can be read, it has as many rows as its statistics say, their bounds hold for every
// value and null counts are right, and partition values are of their column's type. Throws
// UserError for a table that nothing here can read.
std::vector<TableProblem> CheckTable(Warehouse& warehouse, const TableAt& table);

}  // namespace weir::lake
