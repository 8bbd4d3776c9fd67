#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Microseconds since 1970-01-01T00:00:00Z.
using Micros = std::int64_t;

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kDay = 24 * kHour;  // without a change of the clock

// Rounds down, below 0 too: the whole days, hours … of a time before 1970. `by` > 0.
constexpr std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// The wall clock. `WEIR_NOW` (ISO-8601 UTC) in the environment replaces it, for tests.
Micros Now();

// "2026-01-02T03:04:05Z", with ".123456" or ".123" where there is a fraction of a second.
std::string FormatTimestamp(Micros time);

// Milliseconds always: "2026-01-02T03:04:05.678Z"; rounds toward the past, or the future if `up`.
std::string FormatTimestampMillis(Micros time, bool up = false);

// Days since 1970-01-01 as "2026-01-02"; years before 0 and after 9999 get a sign.
std::string FormatDate(std::int32_t days);

// Reads "2026-01-02", "2026-01-02 03:04", "2026-01-02T03:04:05.678901Z", "…+01:00". Without a zone
// it is UTC. Absent if it is anything else, or not a day of the calendar.
std::optional<Micros> ParseTimestamp(std::string_view text);

// Reads "2026-01-02" as days since 1970-01-01. Absent if it is anything else.
std::optional<std::int32_t> ParseDate(std::string_view text);

}  // namespace weir
