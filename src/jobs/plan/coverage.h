#pragma once

#include <optional>
#include <set>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

namespace weir::jobs {

// Which intervals of each instance are done and have their rows in all tables that the job writes
// now, or will have by the plan as far as it has been made.
class Coverage {
 public:
  // Both must outlive it.
  Coverage(const std::vector<JobInstance>& instances, const PlanFacts& facts);

  // Start of the instance's first interval: `start` of the job, the first day that its inputs hold,
  // or where neither says so, what has run first; absent before that, and for manual jobs.
  std::optional<Micros> First(std::size_t instance) const { return firsts_[instance]; }
  // End of the newest interval that is done or planned; absent without one.
  std::optional<Micros> Newest(std::size_t instance) const;

  void Plan(std::size_t instance, const Interval& interval);
  // A batch of a stream is planned.
  void PlanStream(std::size_t instance) { streaming_.insert(instance); }
  bool IsStreaming(std::size_t instance) const { return streaming_.contains(instance); }
  bool Has(std::size_t instance, const Interval& interval) const;

  // An interval of the instance from its first on, whose rows lie in `window` and that is neither
  // done nor planned: the oldest; none behind the instance's last end. An interval's rows lie on
  // its last day.
  std::optional<Interval> Lacks(std::size_t instance, const Interval& window) const;
  // The same of what a run of a reader's interval needs of a writer of one of its inputs. None of a
  // stream, which has no intervals, and of the reader itself: the order of its runs sees to it.
  std::optional<Interval> LacksFor(std::size_t reader, const Interval& interval,
                                   const InstanceInput& input, std::size_t writer) const;

 private:
  std::optional<Micros> FirstOf(std::size_t instance) const;
  bool HasAskedFor(std::size_t instance, const Interval& window) const;
  void Extend(std::size_t instance);

  const std::vector<JobInstance>& instances_;
  const PlanFacts& facts_;
  std::vector<std::optional<Micros>> firsts_;
  std::vector<std::set<Interval>> covered_;
  std::set<std::size_t> streaming_;
  std::vector<Micros> through_;  // without a gap from the first interval to here
};

}  // namespace weir::jobs
