#pragma once

#include <string>

#include "cli/print_json.h"
#include "jobs/plan/plan.h"

namespace weir::cli {

// {"runs": [{"job", "partition", "start", "end", "why", "rows", "seconds"}], "stale": […]}.
Json PlanJson(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan);

// Why there is nothing to run: that all is done, or what each selected job waits for that has never
// run or has none of the days asked for. Lines that end in "\n"; `nothing` begins the first.
std::string NothingText(const std::string& nothing, const std::vector<jobs::JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting);

// The plan for people: what runs and why, what needs --stale, what it will cost.
std::string PlanText(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan);

}  // namespace weir::cli
