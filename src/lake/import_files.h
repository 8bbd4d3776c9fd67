#pragma once

#include <string>
#include <vector>

#include "lake/write_table.h"

namespace weir::lake {

// A SELECT over files of one kind, told by suffix: .parquet, .csv or .tsv, .ndjson, .jsonl or .json
// (the text kinds also with .gz or .zst). Columns are matched by name between the files. Where
// `table` exists, its columns' types win over what the text looks like; else a column of text
// files is a number only if no digit would get lost (leading zeros, more digits than fit).
// Throws UserError for files of several kinds, unknown suffixes and files that aren't there.
std::string ImportSelect(sql::Connection& connection, const std::vector<std::string>& files,
                         const Snapshot& table);

// Writes the rows of `files` into the table as `request` says (its `select` is set here). A value
// that isn't of its column's type is a UserError naming file, line and column.
Committed ImportFiles(Warehouse& warehouse, const TableFolder& table,
                      const std::vector<std::string>& files, WriteRequest request);

}  // namespace weir::lake
