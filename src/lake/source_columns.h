#pragma once

#include <string>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

// A source's columns as columns of the table that they are written to.
struct SourceColumns {
  Metadata metadata;               // the table's, with the columns that the source adds
  bool is_new_metadata = false;    // the table is to be made, or gets columns
  std::vector<std::string> names;  // of the source's columns, in their order, as the table has them
  std::string select;              // the source with these names and the table's types

  bool Has(std::string_view column) const;
};

// Matches the columns of `select` to the table's. `partition_by` is as in WriteRequest. Throws
// UserError for columns that don't fit (types, partition columns, one name twice).
SourceColumns MatchColumns(sql::Connection& connection, const TableAt& table,
                           const std::string& select, const std::vector<std::string>& partition_by);

// Puts the source's metadata, and the protocol of a new table, into `changes` if they are new.
void SetMetadata(Changes& changes, const TableAt& table, const SourceColumns& source);

// The table with the source's new columns, for ScanSql: without files.
Snapshot WithColumns(const Snapshot& snapshot, const Metadata& metadata);

}  // namespace weir::lake
