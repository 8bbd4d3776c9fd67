#pragma once

#include "jobs/plan/instance.h"

namespace weir::jobs {

// What `{…}` stands for in a run: the instance's own values and ds, hour, start, end.
project::Substitutions RunValues(const JobInstance& instance, const Interval& interval);

}  // namespace weir::jobs
