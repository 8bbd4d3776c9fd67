#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lake/actions.h"

namespace weir::lake {

// The tag of files whose statistics are weir's: exact but for rounding outward, and without a
// maximum where there is NaN.
inline constexpr auto kStatisticsTag = "weir.statistics";

// What DuckDB's RETURN_STATS says of one column of a file it wrote.
struct WrittenColumn {
  std::optional<std::string> min;
  std::optional<std::string> max;
  std::optional<std::int64_t> null_count;
  bool has_nan = false;
};

// Columns by DuckDB's name for them: quoted parts with dots between, "\"s\".\"x\"".
using WrittenColumns = std::map<std::string, WrittenColumn>;

// The protocol's "Per-file Statistics" as JSON text, from a file's columns as DuckDB has them. Only
// the first `num_indexed` leaves of the schema (all if negative) are told. Bounds are valid for
// every reader: timestamps are truncated to milliseconds (minimum down, maximum up), long strings
// to 32 characters (a maximum gets U+10FFFF behind), decimals and integers keep every digit, and a
// column that has NaN has no maximum.
std::string StatisticsJson(const Schema& schema, const WrittenColumns& columns,
                           std::int64_t num_rows, int num_indexed);

}  // namespace weir::lake
