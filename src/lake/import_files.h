#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lake/write_table.h"

namespace weir::lake {

// What an import reads.
struct ImportSource {
  std::vector<std::string> files;   // of one kind
  std::optional<char> delimiter{};  // of CSV files, else ',', or a tab for .tsv
  std::stop_token stop{};           // ends the reading of text files with CancelledError
};

// A SELECT over files of one kind, told by suffix in any letter case: .parquet, .csv or .tsv,
// .ndjson, .jsonl or .json (the text kinds also with .gz or .zst). Columns are matched by name
// between the files. A column of text files that `table` has takes only values that fit its type
// (lake/import_text.h); another one is a number only if no digit would get lost (leading zeros,
// more digits than fit). Throws UserError for values that don't fit, files of several kinds,
// unknown suffixes, files that aren't there, and a delimiter for files that have none.
std::string ImportSelect(sql::Connection& connection, const ImportSource& source,
                         const TableAt& table);

// Writes the rows of the files into the table as `request` says (its `select` is set here). A value
// that isn't of its column's type is a UserError naming file, line, column and both types.
Committed ImportFiles(Warehouse& warehouse, const TableFolder& table, const ImportSource& source,
                      WriteRequest request);

}  // namespace weir::lake
