#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace weir::jobs {

// A cron line of five fields: minute, hour, day of the month, month, day of the week. Each is '*'
// or a list of numbers, names (jan, mon) and ranges; '*' and ranges may have a step: "*/15",
// "9-17/2,22". Sunday is 0 or 7. If both day fields are restricted (don't begin with '*'), a day
// that matches one of them counts; else it must match both. Times are what a clock shows, as if it
// were UTC.
class Cron {
 public:
  // Throws UserError for anything else, and for a line that never fires.
  explicit Cron(const std::string& line);

  // The first minute that matches, at or after `local`; the last one, at or before.
  Micros NextMatch(Micros local) const;
  Micros PreviousMatch(Micros local) const;

  // Minute or hour begins with '*': meant as "every so often" and not as a time of the day.
  bool is_periodic() const { return is_periodic_; }

 private:
  bool MatchesDay(std::int64_t days_since_1970) const;
  // The first minute of a day at or after `minute`, or the last at or before; -1 if none.
  int MinuteFrom(int minute) const;
  int MinuteUntil(int minute) const;

  std::uint64_t minutes_ = 0;  // bit n: the field has n
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool either_day_ = false;  // both day fields are restricted
  bool is_periodic_ = false;
};

}  // namespace weir::jobs
