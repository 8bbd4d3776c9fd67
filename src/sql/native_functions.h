#pragma once

#include <duckdb.h>

namespace weir::sql {

// Registers weir's own scalar and aggregate functions on the instance behind `connection`:
// exact_sum(DOUBLE), weir_fingerprint(row), weir_stays() of stays_function.h, and xxh64(text, seed)
// of texts in UTF-8, as a UBIGINT.
// Called once for each Database, before anything else runs on it.
void RegisterNativeFunctions(duckdb_connection connection);

}  // namespace weir::sql
