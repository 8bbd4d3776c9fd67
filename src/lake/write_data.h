#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/snapshot.h"
#include "sql/database.h"

namespace weir::lake {

struct WriteOptions {
  std::vector<std::string> sort_by{};            // columns, ascending, nulls last
  std::int64_t target_file_bytes = 128LL << 20;  // compressed, about
  std::string run_id{};                          // part of the files' names; empty: a new one
  bool data_change = true;
  // Rows are few, such as those of a stream's batch: they are shared out to partitions in memory,
  // as far as a part of it reaches, and lie in files in the order of the select.
  bool expects_few = false;
  // One file a partition, whatever its size, with the rows in the order of the select. Otherwise
  // the order of rows is kept only by `sort_by`.
  bool one_file = false;
  // With `one_file`: all rows lie in this partition, values as in the log, so that they stream.
  std::optional<PartitionValues> partition{};
};

// Runs `select` (one SELECT) and writes its rows as Parquet files below the table's folder, one or
// more for each partition, with statistics; durable on return, visible only once committed. The
// select's columns are matched to the metadata's by name; a missing one is null, and each is cast
// to the table's type; the caller has checked that the types widen. '' in a string partition column
// becomes null, as the protocol has it. No rows give no files. Throws UserError naming the column
// for a null where the metadata allows none, and for metadata that a Delta table can't have. What a
// failed write has written is deleted again.
std::vector<AddFile> WriteData(sql::Connection& connection, const TableFolder& table,
                               const Metadata& metadata, const std::string& select,
                               const WriteOptions& options);

// The metadata of a new table.
Metadata NewMetadata(const Schema& schema, const std::vector<std::string>& partition_columns);

// The protocol that a table with this metadata needs: (1, 2).
Protocol NewProtocol();

}  // namespace weir::lake
