#pragma once

#include <cstdint>
#include <string>

namespace weir::world {

inline constexpr std::int64_t kMillisOfDay = 86'400'000;

// The spellings of a time that raw events may have, quotes included where it is text. All stand for
// the same microsecond; `draw` < kTimeSpellings chooses.
constexpr std::uint32_t kTimeSpellings = 16;
void AppendTime(std::int64_t milliseconds, std::uint32_t draw, std::string& out);

// "2026-01-05T03:04:05.678Z"; `separator` between day and hour, `zone` behind.
struct IsoStyle {
  char separator = 'T';
  const char* zone = "Z";
};
void AppendIsoTime(std::int64_t milliseconds, IsoStyle style, std::string& out);

void AppendNumber(std::uint64_t number, std::string& out);

}  // namespace weir::world
