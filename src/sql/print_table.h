#pragma once

#include <ostream>

#include "sql/row_reader.h"

namespace weir::sql {

// Writes rows as a box (print_result.h). Reads them to the end, but keeps only those it shows.
void PrintTable(RowReader& rows, std::ostream& out);

}  // namespace weir::sql
