#pragma once

#include "jobs/graph/parsed_sql.h"

namespace weir::jobs {

// Notes what may give other rows for the same input, by the parse tree alone:
// - clocks, random numbers, new ids, sampling, approximate functions;
// - first, any_value, list, string_agg, arg_max, mode … without ORDER BY in them, and window
//   functions that number rows or pick one without ORDER BY;
// - LIMIT and DISTINCT ON without ORDER BY;
// - sums and means of what is cast to DOUBLE or FLOAT: parallel threads add in any order;
// - files read by functions: no version of them is recorded.
// Whether an ORDER BY is total can't be told here.
void CheckDeterminism(const ParsedSql& parsed, const SqlSource& source,
                      project::Mistakes& mistakes);

}  // namespace weir::jobs
