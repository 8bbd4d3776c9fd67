#pragma once

#include <string>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

struct CarryRequest {
  std::string kept{};   // SQL over the table's columns: never null, true for the rows that stay
  std::string fresh{};  // one SELECT of the rows that come, on the warehouse's connection
  std::vector<std::string> sort_by{};  // order of the rows within files
  CommitInfo origin{};
};

// Whether a table has become so many small files that it is better written anew as a whole.
bool IsScattered(const Snapshot& snapshot);

// An overwrite with rows most of which the table has already. Files of which all rows stay are not
// touched, others lose the rows that go, in their order, and fresh rows come in files of their own.
// The table must have no partitions. Columns as PlanWrite(). `kept` may name tables that all
// connections of the database see. Cost: the columns of `kept` are read of all files; a file that
// loses rows is read and written.
Changes PlanCarry(Warehouse& warehouse, const TableAt& table, const CarryRequest& request);

}  // namespace weir::lake
