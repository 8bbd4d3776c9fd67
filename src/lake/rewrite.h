#pragma once

#include <string>
#include <vector>

#include "lake/operation.h"
#include "lake/write_data.h"

namespace weir::lake {

// Which rows of some files change and how: `table` holds for each of them the file's position
// (weir_file_index), the row's number in the file (weir_row_number), whether the row goes
// (weir_goes), and the columns that it takes. A row is named at most once.
struct Edits {
  std::string table;                 // for SQL
  std::vector<std::string> columns;  // names in the table that is rewritten
};

// What the edits do to one file.
struct FileEdits {
  std::int64_t file_index = 0;
  std::int64_t num_rows = 0;  // that the edits name
  std::int64_t num_gone = 0;
};

// Files with edits, by position.
std::vector<FileEdits> CountEdits(sql::Connection& connection, const Edits& edits);

// Writes `files` anew with `edits` applied and the columns of `metadata`, several files at a time;
// the rows of one file stay together and in order. Gives the new files by the old ones' order; a
// file that loses all rows gives none. No row that stays may change partition.
std::vector<AddFile> RewriteFiles(Warehouse& warehouse, const TableAt& table,
                                  const std::vector<AddFile>& files, const Edits& edits,
                                  const std::string& run_id);

}  // namespace weir::lake
