#pragma once

#include <string_view>

#include <duckdb.h>

namespace weir::sql {

// Throws DuckDB's error as one of weir's: UserError for what is wrong with the SQL or its data,
// ExternalError for disk, memory, network and bugs in DuckDB, CancelledError for an interrupt.
[[noreturn]] void ThrowError(duckdb_error_type type, std::string_view message);

// The same where DuckDB hands out the message alone: "Binder Error: …" says the type.
[[noreturn]] void ThrowError(std::string_view message);

// Throws what `error` holds and destroys it; returns if there is none.
void CheckError(duckdb_error_data error);

}  // namespace weir::sql
