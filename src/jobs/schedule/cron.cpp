#include "jobs/schedule/cron.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::jobs {
namespace {

constexpr int kMinutesOfDay = 24 * 60;
constexpr std::int64_t kCycleDays = 146'097;  // 400 years: then dates and weekdays come again

struct FieldKind {
  std::string name;
  int least = 0;
  int greatest = 0;
  std::vector<std::string> names{};  // of least, least + 1 …
};

const std::vector<FieldKind>& Fields() {
  static const std::vector<FieldKind> kFields = {
      {.name = "minute", .least = 0, .greatest = 59},
      {.name = "hour", .least = 0, .greatest = 23},
      {.name = "day of the month", .least = 1, .greatest = 31},
      {.name = "month",
       .least = 1,
       .greatest = 12,
       .names = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
                 "dec"}},
      {.name = "day of the week",
       .least = 0,
       .greatest = 7,
       .names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};
  return kFields;
}

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

// One field of one line.
class FieldReader {
 public:
  FieldReader(const FieldKind& kind, const std::string& line) : kind_(kind), line_(line) {}

  std::uint64_t Read(const std::string& text) const {
    std::uint64_t bits = 0;
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      bits |= ReadPart(std::string_view(text).substr(begin, end - begin));
      begin = end + 1;
    }
    return bits;
  }

 private:
  [[noreturn]] void Fail(std::string_view part, const std::string& why) const {
    throw UserError("cron line '{}': '{}' is no {}; {}", line_, part, kind_.name, why);
  }

  std::string Allowed() const {
    std::string allowed = fmt::format("allowed are {} to {}", kind_.least, kind_.greatest);
    if (!kind_.names.empty()) {
      allowed += fmt::format(" and {} to {}", kind_.names.front(), kind_.names.back());
    }
    return allowed + ", ranges 'a-b', steps '*/n', 'a/n' and 'a-b/n', and lists with ','";
  }

  int Value(std::string_view part, std::string_view text) const {
    const auto name = std::ranges::find(kind_.names, LowerCase(text));
    if (name != kind_.names.end()) {
      return kind_.least + static_cast<int>(name - kind_.names.begin());
    }
    const auto number = ParseNumber(text);
    if (!number || *number < kind_.least || *number > kind_.greatest) {
      Fail(part, Allowed() + DidYouMean(text, kind_.names));
    }
    return *number;
  }

  std::uint64_t ReadPart(std::string_view part) const {
    const std::size_t slash = part.find('/');
    const std::string_view range = part.substr(0, slash);
    const std::size_t dash = range.find('-');
    int first = kind_.least;
    int last = kind_.greatest;
    if (range != "*") {
      first = Value(part, range.substr(0, dash));
      last = dash == std::string_view::npos ? first : Value(part, range.substr(dash + 1));
    }
    int step = 1;
    if (slash != std::string_view::npos) {
      const auto number = ParseNumber(part.substr(slash + 1));
      if (!number || *number < 1) {
        Fail(part, "a step is '*/n', 'a/n' or 'a-b/n' with n of at least 1");
      }
      step = *number;
      last = dash == std::string_view::npos ? kind_.greatest : last;  // "5/10": from 5 on
    }
    if (first > last) {
      Fail(part, "a range begins with its lesser end");
    }
    std::uint64_t bits = 0;
    for (int value = first; value <= last; value += std::min(step, 64)) {
      bits |= 1ULL << static_cast<unsigned>(value);
    }
    return bits;
  }

  const FieldKind& kind_;
  const std::string& line_;
};

bool HasBit(std::uint64_t bits, int number) {
  return (bits >> static_cast<unsigned>(number) & 1U) != 0;
}

}  // namespace

Cron::Cron(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> texts;
  for (std::string word; words >> word;) {
    texts.push_back(word);
  }
  if (texts.size() != Fields().size()) {
    throw UserError(
        "cron line '{}' has {} fields; it needs five: minute, hour, day of the month, month, day "
        "of "
        "the week, such as '30 6 * * mon-fri'",
        line, texts.size());
  }
  const std::vector<std::uint64_t*> bits = {&minutes_, &hours_, &days_, &months_, &weekdays_};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    *bits[i] = FieldReader(Fields()[i], line).Read(texts[i]);
  }
  weekdays_ |= weekdays_ >> 7U & 1U;  // 7 is Sunday, too
  either_day_ = !texts[2].starts_with('*') && !texts[4].starts_with('*');
  is_periodic_ = texts[0].starts_with('*') || texts[1].starts_with('*');
  bool fires = false;
  for (std::int64_t day = 0; !fires && day < kCycleDays; ++day) {
    fires = MatchesDay(day);
  }
  if (!fires) {
    throw UserError("cron line '{}' never fires: no month that it names has such a day", line);
  }
}

bool Cron::MatchesDay(std::int64_t days_since_1970) const {
  const std::chrono::sys_days day{std::chrono::days(days_since_1970)};
  const std::chrono::year_month_day date(day);
  const bool day_matches = HasBit(days_, static_cast<int>(static_cast<unsigned>(date.day())));
  const bool weekday_matches =
      HasBit(weekdays_, static_cast<int>(std::chrono::weekday(day).c_encoding()));
  return HasBit(months_, static_cast<int>(static_cast<unsigned>(date.month()))) &&
         (either_day_ ? day_matches || weekday_matches : day_matches && weekday_matches);
}

int Cron::MinuteFrom(int minute) const {
  for (int hour = minute / 60; hour < 24; ++hour) {
    for (int of_hour = hour == minute / 60 ? minute % 60 : 0; HasBit(hours_, hour) && of_hour < 60;
         ++of_hour) {
      if (HasBit(minutes_, of_hour)) {
        return hour * 60 + of_hour;
      }
    }
  }
  return -1;
}

int Cron::MinuteUntil(int minute) const {
  for (int hour = minute / 60; hour >= 0; --hour) {
    for (int of_hour = hour == minute / 60 ? minute % 60 : 59; HasBit(hours_, hour) && of_hour >= 0;
         --of_hour) {
      if (HasBit(minutes_, of_hour)) {
        return hour * 60 + of_hour;
      }
    }
  }
  return -1;
}

Micros Cron::NextMatch(Micros local) const {
  const std::int64_t first = FloorDivide(local + kMinute - 1, kMinute);
  std::int64_t day = FloorDivide(first, kMinutesOfDay);
  int from = static_cast<int>(first - day * kMinutesOfDay);
  while (true) {
    const int minute = MatchesDay(day) ? MinuteFrom(from) : -1;
    if (minute >= 0) {
      return (day * kMinutesOfDay + minute) * kMinute;
    }
    ++day;
    from = 0;
  }
}

Micros Cron::PreviousMatch(Micros local) const {
  const std::int64_t last = FloorDivide(local, kMinute);
  std::int64_t day = FloorDivide(last, kMinutesOfDay);
  int until = static_cast<int>(last - day * kMinutesOfDay);
  while (true) {
    const int minute = MatchesDay(day) ? MinuteUntil(until) : -1;
    if (minute >= 0) {
      return (day * kMinutesOfDay + minute) * kMinute;
    }
    --day;
    until = kMinutesOfDay - 1;
  }
}

}  // namespace weir::jobs
