#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "base/clock.h"
#include "jobs/plan/plan.h"
#include "jobs/run/run_plan.h"

namespace weir::jobs {

// What failed while a program goes on running what is due, and when each is tried again: after one
// pause, then after two, four … up to sixteen. Not for several threads.
class PutOffRuns {
 public:
  // `pause` is in microseconds, above 0.
  explicit PutOffRuns(Micros pause) : pause_(pause) {}

  // Notes what has failed by `now`, and what hasn't.
  void Note(const RunPlanSummary& summary, Micros now);

  // The plan without the runs whose time to be tried again hasn't come at `now`, those that need
  // them, and the chains that these belong to: nothing else is done of a chain whose end fails.
  Plan Rest(Plan plan, Micros now) const;

 private:
  struct Failures {
    int count = 0;
    Micros again = 0;  // when
  };

  Micros pause_;
  std::map<std::pair<std::size_t, Interval>, Failures> failures_;  // by instance and interval
};

}  // namespace weir::jobs
