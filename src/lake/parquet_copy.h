#pragma once

#include <cstdint>
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

// Streams the rows of `select`, in any order, into files "<prefix>-<number>.parquet" of about
// `target_bytes` in the table's folder. No rows may give a file without rows.
std::vector<WrittenFile> CopyToFiles(sql::Connection& connection, const DataStaging& staging,
                                     const std::string& select, const std::string& prefix,
                                     std::int64_t target_bytes);

}  // namespace weir::lake
