#pragma once

#include <cstddef>
#include <string>

#include "sql/duckdb_handles.h"
#include "sql/value.h"

namespace weir::sql {

// The cell in `row` of a vector of `type`, as value.h says it: types that Value lacks as the text
// of DuckDB's cast to VARCHAR. For small results: nested cells are copied into values first.
Value CellAt(duckdb_vector vector, duckdb_logical_type type, std::size_t row);

}  // namespace weir::sql
