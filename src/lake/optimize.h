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

// Rewrites files without changing rows (dataChange=false). Appends in between don't conflict;
// commits that remove one of the rewritten files do. Which files go together depends on nothing but
// the snapshot.
Changes PlanOptimize(Warehouse& warehouse, const TableAt& table, const OptimizeRequest& request);

Committed OptimizeTable(Warehouse& warehouse, const TableFolder& table,
                        const OptimizeRequest& request);

}  // namespace weir::lake
