#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "cli/forget/personal_rows.h"
#include "connectors/connector.h"

namespace weir::cli {

// How the rows of a file that name an id are found, and how it is written again without them.
struct FileRows {
  std::string all;      // SQL in FROM
  std::string where;    // of the rows that change or go
  std::string rest;     // SELECT of what stays, in its order
  std::string format;   // of COPY
  std::string found;    // of the rows that name an id
  std::string stays{};  // of those of them that stay, for whoever fetches; empty: none does
};

bool EndsInOneOf(const std::string& path, std::initializer_list<std::string_view> suffixes);

// Of a Parquet file, or one of lines (.gz, .zst, .tsv, .csv, .ndjson, .jsonl, .txt): a path or a
// URL that DuckDB opens. Absent for other files, and for Parquet whose columns don't tell whose a
// row is. By `people`, lines of tabs are judged by their first field, rows of identifiers by that,
// both as a whole; others by IdPatterns, and by the whole of a column if the first line names one
// that has ids (user_id, dsp_user_id, identifier, uid). Rows of identifiers keep what is to be
// removed: whoever fetches the file has to be told. Throws UserError for a file that can't be read.
std::optional<FileRows> FileRowsOf(const std::string& path, connectors::NamedPeople people,
                                   const ScratchIds& ids, sql::Connection& connection);

// Of a file of lines, whatever its suffix is, whose layout isn't known.
FileRows LineRowsOf(const std::string& path, const ScratchIds& ids, sql::Connection& connection);

}  // namespace weir::cli
