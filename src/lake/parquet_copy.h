#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lake/data_staging.h"
#include "lake/file_statistics.h"
#include "sql/database.h"

namespace weir::lake {

// A Parquet file that DuckDB wrote below a table's folder.
struct WrittenFile {
  std::string key;
  std::int64_t num_rows = 0;
  std::int64_t num_bytes = 0;
  WrittenColumns columns;
};

// Writes the rows of `select`, in order, as the one file `key`, whose folder exists.
WrittenFile CopyToFile(sql::Connection& connection, const DataStaging& staging,
                       const std::string& select, const std::string& key);

// A file to be written.
struct FileCopy {
  std::string select;  // sees no temporary table or view
  std::string folder;  // "" or ending in '/'; made where it isn't there
  std::string key;
  std::int64_t num_rows = 0;   // of `select`
  bool by_one_thread = false;  // whether `select` is read by one thread, however many rows it has
};

// Writes all of `files`, their rows in order, on the database's threads, and returns what was
// written in their order. What is in the files doesn't depend on the number of threads. No more
// rows are held than by one copy of many rows. When one fails no other is begun, and the error of
// the first in their order is thrown; so it is after a stop of `connection`. Files may be there
// that aren't whole.
std::vector<WrittenFile> CopyEach(sql::Connection& connection, DataStaging& staging,
                                  std::span<const FileCopy> files);

// Streams the rows of `select`, in any order, into files "<prefix>-<number>.parquet" of about
// `target_bytes` in the table's folder. No rows may give a file without rows.
std::vector<WrittenFile> CopyToFiles(sql::Connection& connection, const DataStaging& staging,
                                     const std::string& select, const std::string& prefix,
                                     std::int64_t target_bytes);

}  // namespace weir::lake
