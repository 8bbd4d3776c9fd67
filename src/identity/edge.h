#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/huge_pages.h"
#include "identity/id_dictionary.h"

namespace weir::identity {

// Two ids that were seen together, from the first to the last time and how often: on one day, where
// it is evidence, or over several.
struct Edge {
  IdNumber a = kNoId;
  IdNumber b = kNoId;
  Micros first_seen = 0;
  Micros last_seen = 0;
  std::int64_t calls = 0;

  friend bool operator==(const Edge&, const Edge&) = default;
};

using Edges = HugeVector<Edge>;

// Whether an edge bridges: no, if an end is a hub, or if its ends were cut apart.
enum class Mark : std::uint8_t { kLive, kHub, kCut };

// Days since 1970-01-01, UTC.
constexpr std::int32_t DayOf(Micros time) {
  return static_cast<std::int32_t>(FloorDivide(time, kDay));
}

}  // namespace weir::identity
