#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lake/operation.h"

// SELECTs over the rows of text files. Each function reads all of the files first: it finds out the
// types of the columns that the table lacks, and refuses what a column can't hold (a UserError with
// file, line, column, what was found and both types), so that DuckDB's reader, which would round or
// guess, has nothing left to decide. Files without any content have no columns and no rows.
// CancelledError soon after a stop.
namespace weir::lake {

// Delimited files (lake/csv_records.h). A table's column takes every text that FitsText(), nested
// ones take JSON; an empty field is null, and so is "" but in columns of text.
std::string CsvSelect(const std::vector<std::string>& files, char delimiter, const TableAt& table,
                      const std::stop_token& stop = {});

// Files with one JSON object a line (lake/json_shape.h).
std::string JsonSelect(const std::vector<std::string>& files, const TableAt& table,
                       const std::stop_token& stop = {});

// No rows with all columns of the table, for files that hold nothing. Throws UserError for a table
// that is to be made.
std::string SelectNoRows(const std::vector<std::string>& files, const TableAt& table);

}  // namespace weir::lake
