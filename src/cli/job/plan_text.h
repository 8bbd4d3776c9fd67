#pragma once

#include <string>

#include "cli/print_json.h"
#include "jobs/plan/plan.h"

namespace weir::cli {

// {"runs": [{"job", "partition", "start", "end", "why", "rows", "seconds"}], "stale": […]}.
Json PlanJson(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan);

// The plan for people: what runs and why, what needs --stale, what it will cost.
std::string PlanText(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan);

}  // namespace weir::cli
