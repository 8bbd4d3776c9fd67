#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/print_json.h"
#include "jobs/plan/plan.h"

namespace weir::cli {

// {"runs": [{"job", "partition", "start", "end", "why", "rows", "seconds"}], "stale": […]}. Of a
// stream "batch" is its number, and "start" and "end" are null.
Json PlanJson(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan);

// Why there is nothing to run: that all is done but for what waits (WaitingText), or what each
// selected job waits for that has never run or has none of the days asked for. Lines that end in
// "\n"; `nothing` begins the first.
std::string NothingText(const std::string& nothing, const std::vector<jobs::JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting);

// The intervals that wait, and for what: a line each, or nothing; without those that are left out.
std::string WaitingText(const std::vector<jobs::JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting);

// What 'catch_up: last' has left out that others need, and what makes up for it: a line for each
// reason, with the jobs that need it, or nothing.
std::string LeftOutText(const std::vector<jobs::JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting);

// The jobs that can't run at all until people do something, and what: "job: …" each.
std::set<std::string> RefusalsOf(const std::vector<jobs::JobInstance>& instances,
                                 const std::vector<jobs::NotPlanned>& waiting);

// Throws UserError with the refusals, a line each, if there are any.
void RequireNone(const std::set<std::string>& refusals);
void RequireNoRefusal(const std::vector<jobs::JobInstance>& instances,
                      const std::vector<jobs::NotPlanned>& waiting);

// The plan for people: what runs and why, what needs --stale, what it will cost.
std::string PlanText(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan,
                     const jobs::PlanFacts& facts);

}  // namespace weir::cli
