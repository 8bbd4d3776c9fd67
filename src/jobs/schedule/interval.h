#pragma once

#include <compare>
#include <limits>
#include <string>

#include "base/clock.h"

namespace weir::jobs {

// The half-open time window [start, end) that one run answers for, UTC.
struct Interval {
  Micros start = 0;
  Micros end = 0;

  friend auto operator<=>(const Interval&, const Interval&) = default;
};

constexpr Interval kAllOfTime{.start = std::numeric_limits<Micros>::min(),
                              .end = std::numeric_limits<Micros>::max()};

}  // namespace weir::jobs
