#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "lake/warehouse.h"

namespace weir::jobs {

struct ShortenedTable {
  std::string table;
  std::int64_t files_removed = 0;
};

// Takes the days away that are older than `keep` of an output of the `chosen` instances, counted
// back from the end of the newest interval that is done and found something to read; of a stream,
// from the newest day among its tables without `keep`, as wrong times may stand in the others, and
// only when all of it that is committed has been sent. What came to a stream less than `keep` ago
// by the wall clock stays whatever its day: it may be old already when it comes. Of a table that
// several instances write, each takes its own. Each table is one commit; one that another commit
// gets in the way of is left to the next time. Nothing becomes stale by it. Cost: the tables'
// snapshots.
std::vector<ShortenedTable> DropOldDays(const std::vector<JobInstance>& instances,
                                        const std::set<std::size_t>& chosen, const PlanFacts& facts,
                                        lake::Warehouse& warehouse);

}  // namespace weir::jobs
