#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/plan/coverage.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

namespace weir::jobs {

// Intervals that no plan has by itself: those that `catch_up: last` leaves out, as a newer one of
// their job is due, and those of other jobs that need them. Of jobs that aren't selected what is
// older than their newest done interval counts as left out.
class LeftOut {
 public:
  // All must outlive it.
  LeftOut(const std::vector<JobInstance>& instances, const PlanFacts& facts,
          const Coverage& coverage);

  // Takes down that a plan leaves out intervals of an instance, oldest first, perhaps none; of an
  // instance whose intervals it doesn't leave out it is to be called, too.
  void Leave(std::size_t instance, const std::vector<Interval>& intervals);

  // Of an interval that can't run: which ones were left out that it needs, itself or by others that
  // it waits for, and what makes up for it, for people; absent if it waits for none such. All jobs
  // that the instance reads have been planned, if they are to be.
  std::optional<std::string> WhyFor(std::size_t instance, const Interval& interval);

 private:
  // Intervals without a gap that were left out.
  struct Range {
    std::size_t instance = 0;
    Interval first;
    Interval last;
  };
  using Place = std::pair<std::size_t, Interval>;

  std::optional<Range> NeededBy(std::size_t instance, const Interval& interval);
  std::optional<Range> FindNeeded(std::size_t instance, const Interval& interval);
  std::optional<Range> RangeOf(std::size_t instance, const Interval& interval);
  std::vector<Interval> OlderThanDone(std::size_t instance) const;
  std::vector<Range> RangesOf(std::size_t instance, const std::vector<Interval>& intervals) const;
  std::string HowToMakeUp(const Range& range) const;

  const std::vector<JobInstance>& instances_;
  const PlanFacts& facts_;
  const Coverage& coverage_;
  bool may_leave_out_ = false;                       // whether any job does
  std::map<std::size_t, std::vector<Range>> left_;   // by instance, in order
  std::map<Place, std::optional<Range>> needed_by_;  // what has been found
};

}  // namespace weir::jobs
