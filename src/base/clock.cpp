#include "base/clock.h"

#include <charconv>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

namespace weir {
namespace {

// Reads exactly `digits` digits at the front of `text` and drops them.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) {
    return std::nullopt;
  }
  const std::string_view number = text.substr(0, digits);
  const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
  if (error != std::errc() || end != number.end() || text[0] == '-') {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeCharacter(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<std::int32_t> TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  if (!year || !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto month = TakeNumber(text, 2);
  if (!month || !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto day = TakeNumber(text, 2);
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// The digits after a decimal point as microseconds; digits past the sixth are cut.
std::optional<Micros> TakeFraction(std::string_view& text) {
  Micros fraction = 0;
  Micros unit = kSecond / 10;
  std::size_t used = 0;
  for (; used < text.size() && text[used] >= '0' && text[used] <= '9'; ++used) {
    fraction += (text[used] - '0') * unit;
    unit /= 10;
  }
  text.remove_prefix(used);
  return used == 0 ? std::nullopt : std::optional(fraction);
}

// "HH:MM", "HH:MM:SS" or "HH:MM:SS.ffffff" as microseconds of the day.
std::optional<Micros> TakeTime(std::string_view& text) {
  const auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !TakeCharacter(text, ':')) {
    return std::nullopt;
  }
  const auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  Micros time = (Micros{*hour} * 60 + *minute) * 60 * kSecond;
  if (!TakeCharacter(text, ':')) {
    return time;
  }
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 59) {
    return std::nullopt;
  }
  time += *second * kSecond;
  if (!TakeCharacter(text, '.')) {
    return time;
  }
  const auto fraction = TakeFraction(text);
  return fraction ? std::optional(time + *fraction) : std::nullopt;
}

// "Z", "+HH:MM", "+HHMM", "+HH" or nothing, as microseconds east of UTC.
std::optional<Micros> TakeZone(std::string_view& text) {
  if (text.empty() || TakeCharacter(text, 'Z')) {
    return 0;
  }
  const int sign = text.front() == '-' ? -1 : 1;
  if (!TakeCharacter(text, '+') && !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 15) {
    return std::nullopt;
  }
  int minutes = 0;
  if (!text.empty()) {
    TakeCharacter(text, ':');
    const auto read = TakeNumber(text, 2);
    if (!read || *read > 59) {
      return std::nullopt;
    }
    minutes = *read;
  }
  return sign * (Micros{*hours} * 60 + minutes) * 60 * kSecond;
}

// Quotients that round toward the past, so that the rest is never negative.
Micros Floor(Micros time, Micros unit) { return time / unit - (time % unit < 0 ? 1 : 0); }
Micros Rest(Micros time, Micros unit) { return (time % unit + unit) % unit; }

std::string DateAndSeconds(Micros days, Micros seconds) {
  return fmt::format("{}T{:02}:{:02}:{:02}", FormatDate(static_cast<std::int32_t>(days)),
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

Micros Now() {
  if (const char* fixed = std::getenv("WEIR_NOW")) {
    if (const auto time = ParseTimestamp(fixed)) {
      return *time;
    }
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string FormatTimestamp(Micros time) {
  const std::string seconds = DateAndSeconds(Floor(time, kDay), Rest(time, kDay) / kSecond);
  const Micros fraction = Rest(time, kSecond);
  if (fraction == 0) {
    return seconds + "Z";
  }
  if (fraction % 1000 == 0) {
    return fmt::format("{}.{:03}Z", seconds, fraction / 1000);
  }
  return fmt::format("{}.{:06}Z", seconds, fraction);
}

std::string FormatTimestampMillis(Micros time, bool up) {
  constexpr Micros kMilli = 1000;
  const Micros millis = Floor(time, kMilli) + (up && Rest(time, kMilli) > 0 ? 1 : 0);
  const Micros within = Rest(millis, kMilli);
  // In whole seconds, as the nearest millisecond may be past what microseconds can count.
  const Micros seconds = Floor(millis, kMilli);
  constexpr Micros kDaySeconds = kDay / kSecond;
  const Micros days = Floor(seconds, kDaySeconds);
  return fmt::format("{}.{:03}Z", DateAndSeconds(days, Rest(seconds, kDaySeconds)), within);
}

std::string FormatDate(std::int32_t days) {
  // The calendar repeats every 400 years; std::chrono's years end at 32767.
  constexpr std::int32_t kCycleDays = 146'097;
  const std::int32_t cycle = days / kCycleDays;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(days % kCycleDays))};
  const int year = static_cast<int>(date.year()) + 400 * cycle;
  const char* sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, std::abs(year),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<Micros> ParseTimestamp(std::string_view text) {
  const auto days = TakeDate(text);
  if (!days) {
    return std::nullopt;
  }
  Micros time = *days * kDay;
  if (text.empty()) {
    return time;
  }
  if (!TakeCharacter(text, 'T') && !TakeCharacter(text, ' ')) {
    return std::nullopt;
  }
  const auto of_day = TakeTime(text);
  if (!of_day) {
    return std::nullopt;
  }
  const auto zone = TakeZone(text);
  if (!zone || !text.empty()) {
    return std::nullopt;
  }
  return time + *of_day - *zone;
}

std::optional<std::int32_t> ParseDate(std::string_view text) {
  const auto days = TakeDate(text);
  return text.empty() ? days : std::nullopt;
}

}  // namespace weir
