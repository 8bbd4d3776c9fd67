#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/plan/coverage.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/plan/plan.h"

namespace weir::jobs {

struct DueIntervals {
  std::vector<Interval> intervals{};  // whose time has come, oldest first
  std::string waits_for{};            // why there are no later ones, for people
};

// The intervals of an instance whose time has come: from its first to the last that inputs from
// outside the project are complete for, or that is over by the clock. Inputs that other jobs write
// are asked for interval by interval (NotReady).
DueIntervals DueOf(const std::vector<JobInstance>& instances, std::size_t instance,
                   const PlanFacts& facts, const Coverage& coverage);

// The last instant that inputs from outside the project are complete for; absent if there are none
// whose rows know their day. `why` says which input it is.
std::optional<Micros> CompleteUntil(const JobInstance& instance, const PlanFacts& facts,
                                    std::size_t number, std::string& why);

// Why an interval can't run yet: an interval of another job that is neither done nor planned.
std::optional<std::string> NotReady(const std::vector<JobInstance>& instances, std::size_t instance,
                                    const Interval& interval, const PlanFacts& facts,
                                    const Coverage& coverage);

// When the clock alone may next make an interval due, so that a plan made at facts.now stands until
// then if nothing else changes; kAllOfTime.end if no job goes by the clock.
Micros NextByClock(const std::vector<JobInstance>& instances, const PlanFacts& facts);

}  // namespace weir::jobs
