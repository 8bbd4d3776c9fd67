#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "jobs/plan/facts.h"
#include "jobs/plan/row_days.h"
#include "lake/warehouse.h"

namespace weir::jobs {

// What a plan must know of a table. `known` are changes that the ledger tells of, by version, so
// that their log entries needn't be read. `with_extent` for tables whose rows say which days there
// are: it opens the newest snapshot. Cost: a listing of the log, a read of each unknown entry.
TableFacts ReadTableFacts(lake::Warehouse& warehouse, const std::string& table,
                          const std::map<std::int64_t, Touch>& known, const RowDays& days,
                          bool with_extent);

}  // namespace weir::jobs
