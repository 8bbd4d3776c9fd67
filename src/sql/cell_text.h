#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sql/vector_view.h"

// Cells as text for people and programs:
//   booleans       true, false
//   numbers        all digits of integers and decimals; the shortest text of a float or double that
//                  reads back as the same ("1.0", "1e-07"), NaN, Infinity, -Infinity
//   dates          2026-01-02
//   timestamps     2026-01-02T03:04:05Z, without Z where the type has no zone, a fraction of
//                  a second where there is one
//   blobs          lower-case hex digits
//   lists, maps, structs: JSON
//   other types    as DuckDB's cast to VARCHAR writes them
namespace weir::sql {

// Appends the text of a cell that isn't null.
void AppendText(const VectorView& view, std::size_t row, std::string& out);

// Appends a cell as JSON: numbers exact, also those past 2^53 (but NaN and infinities as texts),
// structs as objects, maps as objects if their keys are texts, else as a list of
// {"key": …, "value": …}; what JSON lacks as the text above.
void AppendJson(const VectorView& view, std::size_t row, std::string& out);

// Appends `text` in quotes.
void AppendJsonText(std::string_view text, std::string& out);

// Whether cells of the type are numbers, which people read aligned to the right.
bool IsNumber(duckdb_type type);

}  // namespace weir::sql
