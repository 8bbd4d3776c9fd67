#pragma once

#include <cstdint>
#include <ostream>

#include "sql/database.h"

namespace weir::sql {

enum class OutputFormat : std::uint8_t { kTable, kCsv, kJson };

// Whether the result's statement was asked for rows: true for SELECT, EXPLAIN, RETURNING and the
// like, false where a row only counts what was written, or stands for nothing.
bool GivesRows(Result& result);

// Writes a result while it is read, in constant memory however many rows it has. Cells are written
// as cell_text.h says.
//   kTable  a box for people: numbers to the right, NULL for nulls, long cells cut; of many rows
//   the
//           first 40 and the last 10; the number of rows below
//   kCsv    RFC 4180, with a header and lines that end in LF (not CRLF); a null is an empty field,
//           an empty text is ""
//   kJson   one array of objects, one row a line
// Throws what the query throws, and ExternalError if `out` fails.
void PrintResult(Result& result, OutputFormat format, std::ostream& out);

}  // namespace weir::sql
