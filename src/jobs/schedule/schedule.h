#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/schedule/interval.h"
#include "project/schedule_line.h"

namespace weir::jobs {

// The intervals of a job, one after the other without gaps, for all time: hours, days, weeks (from
// Monday) or calendar months of its time zone, or the times between two firings of a cron line. A
// day in a zone with summer time has 23, 24 or 25 hours. An hour that clocks show twice is one
// interval of two hours and one that they skip is none, so that Day() and Hour() tell the intervals
// of an hourly job apart; days that were skipped aren't there, either. `manual` has the intervals
// of daily.
//
// A cron line whose minute or hour begins with '*' fires whenever clocks show such a time. Others
// mean times of the day and fire once for each: at the first of two, or at the change if the time
// is skipped.
// Immutable and thread-safe.
class Schedule {
 public:
  // Throws UserError for a time zone or a cron line that isn't known, saying what is allowed.
  explicit Schedule(const project::ScheduleLine& line);

  // The interval that holds `time`.
  Interval At(Micros time) const;
  Interval Next(const Interval& interval) const;
  Interval Previous(const Interval& interval) const;
  // Intervals that lie in [from, to) whole, in order.
  std::vector<Interval> Between(Micros from, Micros to) const;

  // The interval's last day in the schedule's zone, "2026-01-05": {ds}. Of a day or an hour its
  // own.
  std::string Day(const Interval& interval) const;
  // The interval's last hour in the schedule's zone, 0..23: {hour}. Of an hour its own.
  int Hour(const Interval& interval) const;
  // Start of a day of the zone. Throws UserError for what is no day or time; a time is taken as it
  // is ("2026-01-05T13:00" in the zone, with "Z" or an offset in UTC).
  Micros TimeOf(const std::string& day_or_time) const;

  // How people read an interval: of hours, days and months "2026-01-05T13", "2026-01-05",
  // "2026-01"; else with both ends: days from the first to the last, or clock times
  // ("2026-01-05T06:00/2026-01-06T06:00").
  std::string Label(const Interval& interval) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace weir::jobs
