#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

enum class WriteMode : std::uint8_t {
  kAppend,
  kOverwrite,  // all rows go, the source's come
  kReplace,    // the rows of some partitions go, the source's come
  kMerge,      // rows with the source's keys change, the source's other rows come (lake/merge.h)
};

// "append", "overwrite", "replace", "merge"; anything else is a UserError that lists them.
WriteMode ParseWriteMode(std::string_view text);

struct WriteRequest {
  std::string select{};  // one SELECT, on the warehouse's connection
  WriteMode mode = WriteMode::kAppend;
  std::vector<std::string> partition_by{};  // of a new table; else empty or the table's own
  std::vector<std::string> sort_by{};       // order of the rows within files
  // kReplace: rows with these values of partition columns, as text (CAST to the column's type must
  // work), are replaced, and the source may hold no others. Empty: the partitions that the source
  // holds, nothing if it has no rows.
  PartitionValues replace{};
  std::vector<std::string> keys{};  // kMerge
  // kMerge: rows of the table that match no source row and for which `delete_absent_where` (SQL
  // over the table's columns; empty: all) is true are deleted.
  bool delete_absent = false;
  std::string delete_absent_where{};
  bool expects_few = false;  // see WriteOptions
  CommitInfo origin{};
};

// Writes the source's rows beside the table's files. The table is made if it doesn't exist: columns
// as the source has them, naive TIMESTAMPs as timestamps in UTC. Otherwise columns are matched by
// name without regard to letter case: one that the source lacks is null (a merge keeps the value of
// a row that exists), a new one is added to the table, one whose type doesn't widen to the table's
// is a UserError that names it and both types. Throws UserError for a table that weir can't write,
// for other partition columns than the table's, and for rows outside `replace`.
Changes PlanWrite(Warehouse& warehouse, const TableAt& table, const WriteRequest& request);

// Opens the table, plans and commits.
Committed WriteTable(Warehouse& warehouse, const TableFolder& table, const WriteRequest& request);

}  // namespace weir::lake
