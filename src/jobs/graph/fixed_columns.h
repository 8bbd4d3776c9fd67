#pragma once

#include <string>

#include "project/job.h"

// The partition columns whose value is the same for all rows that a run writes, so that a relation
// may lack them: the day and hour of its interval, its partition of the job's list, constants.
namespace weir::jobs {

constexpr auto kDayColumn = "ds";
constexpr auto kOtherDayColumn = "dt";
constexpr auto kHourColumn = "hour";

bool IsDayColumn(const std::string& column);

// Whether each run of the job has one value for the partition column of a table that it writes.
bool IsFixedByRun(const project::Job& job, const project::Output& output,
                  const std::string& column);

// The SQL type of such a column in a table that doesn't exist yet: the contract's, if it has one.
std::string TypeOfFixedColumn(const project::Output& output, const std::string& column);

}  // namespace weir::jobs
