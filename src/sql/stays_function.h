#pragma once

#include <string_view>

#include <duckdb.h>

namespace weir::sql {

// weir_stays(row_number BIGINT, goes BOOLEAN): whether a row doesn't go. Fails with this text
// unless the numbers of each chunk follow one another, as the rows of a file do when nothing since
// its scan has set some of them aside. A hash join does so without a word once it spills.
inline constexpr std::string_view kRowsOutOfOrder = "weir_stays: rows have left their order";

// Called once for each instance.
void RegisterStays(duckdb_connection connection);

}  // namespace weir::sql
