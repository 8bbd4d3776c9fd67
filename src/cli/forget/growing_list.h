#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/warehouse.h"

namespace weir::cli {

// Rows for a table that only grows.
struct ListRows {
  std::string table;              // "schema.name"; made if missing
  std::string select;             // SQL
  std::vector<std::string> keys;  // a row is new if no row of the table has the same ones
  std::vector<std::string> sort_by;
};

// Appends those whose keys the table doesn't have yet, with today's UTC day as text in a last
// column `forgotten`, in one commit. Returns how many these are.
std::int64_t AppendNewRows(lake::Warehouse& warehouse, const ListRows& rows);

// How many that would be.
std::int64_t CountNewRows(lake::Warehouse& warehouse, const ListRows& rows);

}  // namespace weir::cli
