#pragma once

#include <optional>
#include <vector>

#include "jobs/alerts/alert.h"
#include "jobs/plan/plan.h"
#include "jobs/run/run_job.h"

namespace weir::jobs {

// What is to be told of a run that ended; nothing of one that went well, or that was cancelled.
std::optional<Alert> AlertOf(const JobInstance& instance, const RunOutcome& outcome);

// An instance's newest interval whose `wait` has passed since its end, though it is neither done
// nor in the plan. At most one: the newest stands for those before it. Pure.
std::optional<Alert> OverdueOf(const std::vector<JobInstance>& instances, std::size_t instance,
                               const PlanFacts& facts, const Plan& plan);

}  // namespace weir::jobs
