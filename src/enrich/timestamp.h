#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

// Timestamps of raw events (specs/adtech.md, "Exact rules"). A number is in nanoseconds from 1e18
// on, microseconds from 1e15, milliseconds from 1e12, else seconds. All is cut to microseconds.
namespace weir::enrich {

// 2000-01-01T00:00:00Z: nothing before it is a timestamp of an event.
inline constexpr Micros kYear2000 = 946'684'800'000'000;

// Never fails; numbers too large for a time give the last one there is.
Micros TimestampOf(std::uint64_t number);

// A number in digits, with a fraction and an exponent if wanted and without a sign: exact, not by
// way of a double. Absent if it is anything else.
std::optional<Micros> ParseTimestampNumber(std::string_view text);

// A number as above, or ISO-8601: `YYYY-MM-DD`, then optionally `T` or a space, `HH:MM`, `:SS`,
// `.f…`, and `Z`, `±HH:MM` or `±HHMM`; without a zone it is UTC. Absent if it is anything else.
std::optional<Micros> ParseTimestampText(std::string_view text);

// "17/May/2025:10:05:03 +0000", the time of web servers' logs. Absent if it is anything else.
std::optional<Micros> ParseLogTimestamp(std::string_view text);

}  // namespace weir::enrich
