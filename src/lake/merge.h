#pragma once

#include "lake/write_table.h"

namespace weir::lake {

// Merge, copy on write. Each row of the table whose keys equal a source row's takes the source's
// values (all such rows do, if the table has several); source rows without one are inserted. Rows
// that are equal already (IS NOT DISTINCT FROM in all source columns) don't change, and a file none
// of whose rows changes is not touched. A rewritten file keeps the order of its rows. Rows may
// change partition. A merge that changes nothing commits nothing.
//
// Cost: the source is kept in a scratch table (it may spill); the key columns of the files that may
// hold its keys are read once, the source's columns of the files with matches once, and files with
// changed rows are read and written once, several at a time.
//
// Throws UserError with three examples for null or duplicate keys in the source. Conflicts only
// with commits that add rows within the source's key ranges or rewrite the same files.
//
// `source` is a request of mode kMerge on a table that exists.
Changes PlanMerge(Warehouse& warehouse, const TableAt& table, const WriteRequest& request);

}  // namespace weir::lake
