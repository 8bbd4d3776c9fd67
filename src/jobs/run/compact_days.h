#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "lake/warehouse.h"

namespace weir::jobs {

// A table whose small files were packed.
struct CompactedTable {
  std::string table;
  std::int64_t files_removed = 0;
  std::int64_t files_added = 0;
};

// Packs the files below 32 MB that batches of the `chosen` streams left in the partitions of closed
// days, so that no partition keeps more than one: rows, and what is stale, stay the same. A day is
// closed when its stream has read all that is there, and what it wrote reaches `late` past the
// day's end. Rows that come for it later are packed the next time. Each table is one commit of its
// own; one that another commit gets in the way of is left to the next time. Cost: reading and
// writing the small files, and the smallest larger one where a single file would be left.
std::vector<CompactedTable> CompactClosedDays(const std::vector<JobInstance>& instances,
                                              const std::set<std::size_t>& chosen,
                                              const PlanFacts& facts, lake::Warehouse& warehouse);

}  // namespace weir::jobs
