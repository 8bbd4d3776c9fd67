#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

struct OptimizeRequest {
  std::int64_t target_file_bytes = 128LL << 20;
  // Empty: small files are packed together in the order of their age. Else all files of a partition
  // are rewritten as one sorted sequence, unless they are what one operation wrote in this order.
  std::vector<std::string> sort_by{};
  CommitInfo origin{};
};

// How many bins are packed at once, each by a database of one thread with memory of its own.
struct PackingShare {
  int workers = 1;
  std::uint64_t memory_bytes = 0;  // of each
};

// Of a process's budget in bytes and its processors: half of the budget, as what else the process
// holds takes its part, and not less than a worker needs for files of any number and size (256 MiB:
// a group of rows as read and as written).
PackingShare ShareOfPacking(std::uint64_t budget_bytes, int threads);

// Rewrites files without changing rows (dataChange=false). Appends in between don't conflict;
// commits that remove one of the rewritten files do. Which files go together depends on nothing but
// the snapshot. Packing takes memory by ShareOfPacking(), whatever the tables hold; sorting takes
// what the warehouse's database may, and spills.
Changes PlanOptimize(Warehouse& warehouse, const TableAt& table, const OptimizeRequest& request);

Committed OptimizeTable(Warehouse& warehouse, const TableFolder& table,
                        const OptimizeRequest& request);

}  // namespace weir::lake
