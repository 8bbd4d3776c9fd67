#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/plan/plan.h"

namespace weir::jobs {

struct StaleReason {
  Cause cause = Cause::kChanged;
  std::string why;
};

// Why a run that succeeded is out of date by what is there now, if it is: an input's data changed,
// or the job's code. Looks at nothing that is only planned.
std::optional<StaleReason> WhyStale(const std::vector<JobInstance>& instances, std::size_t instance,
                                    const RunRecord& run, const PlanFacts& facts);

}  // namespace weir::jobs
