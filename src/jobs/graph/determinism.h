#pragma once

#include <set>
#include <string>

#include "jobs/graph/parsed_sql.h"

namespace weir::jobs {

// Notes what may give other rows for the same input, by the parse tree alone:
// - clocks, random numbers, new ids, settings of the process, sampling, approximate functions;
// - aggregates whose result depends on the order of rows (row_order.h) without ORDER BY in them,
// and
//   windows without ORDER BY that number rows, count them or pick one;
// - LIMIT and DISTINCT ON without ORDER BY;
// - sums and means of what is cast to DOUBLE or FLOAT: parallel threads add in any order;
// - table functions that read files or tell of the process: no version of what they read is
//   recorded.
// Whether an ORDER BY is total can't be told here; what only types show, bound_determinism.h does.
// Returns the aggregates (in small letters) that it noted, and those in list_sort() and its like.
std::set<std::string> CheckDeterminism(const ParsedSql& parsed, const SqlSource& source,
                                       project::Mistakes& mistakes);

// Notes that a text would give other rows on another run.
void NoteDifference(const project::Place& place, const std::string& why,
                    project::Mistakes& mistakes);

// Why sum() or avg() of DOUBLE may not be, and what may.
std::string WhyNotSummed(const std::string& name);

}  // namespace weir::jobs
