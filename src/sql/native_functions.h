#pragma once

#include <duckdb.h>

namespace weir::sql {

// Registers weir's own scalar and aggregate functions on the instance behind `connection`. Called
// once for each Database, before anything else runs on it.
void RegisterNativeFunctions(duckdb_connection connection);

}  // namespace weir::sql
