#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/predicate.h"
#include "lake/snapshot.h"

namespace weir::lake {

class Warehouse;

struct ScanOptions {
  bool with_file_index = false;  // adds column weir_file_index: position in `files`
  bool with_row_number = false;  // adds column weir_row_number: position in its file, from 0
};

// A SELECT that gives the rows of `files` (some of the snapshot's) with the snapshot's columns in
// order and of the right types: partition values come from the log, columns that a file lacks are
// null. With no files it gives no rows.
std::string ScanSql(const TableFolder& table, const Snapshot& snapshot,
                    const std::vector<AddFile>& files, const ScanOptions& options = {});

// The whole table. A table whose features weir lacks is read through DuckDB's `delta` extension,
// which the caller's database must have loaded (EnsureReadable).
std::string ScanSql(const TableFolder& table, const Snapshot& snapshot);

// The same for the newest version of "schema.name"; nothing if there is no such table.
std::optional<std::string> NewestScanSql(Warehouse& warehouse, const std::string& table);

// Where DuckDB opens a file: below the table's folder, or wherever a shallow clone says.
std::string UrlOf(const TableFolder& table, const AddFile& file);

// The files that may hold a row that `predicate` matches, by their partition values and statistics.
std::vector<AddFile> PruneFiles(const Snapshot& snapshot, const Predicate& predicate);

// A file's statistics as typed bounds.
struct FileStatistics {
  std::optional<std::int64_t> num_rows;
};
FileStatistics StatisticsOf(const AddFile& file);

}  // namespace weir::lake
