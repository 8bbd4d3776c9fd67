// The POSIX TZ text at the end of a TZif file: "std offset [dst [offset] , start [/time] , end
// [/time]]", where a date is Mm.w.d, Jn or n and times may be negative or beyond a day (RFC 8536).
#include <algorithm>
#include <cctype>
#include <chrono>

#include "base/error.h"
#include "jobs/schedule/zone_file.h"

namespace weir::jobs {
namespace {

constexpr std::int64_t kHourSeconds = 3600;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;

// A day of each year and a clock time on it.
struct YearlyTime {
  char kind = 'M';  // 'M', 'J' (1..365, without 29 February) or 'n' (0..365)
  int month = 1;
  int week = 1;  // 5: the last
  int day = 0;   // of the week from Sunday, or of the year
  std::int64_t seconds = 2 * kHourSeconds;

  // Seconds since 1970 of that clock time.
  std::int64_t In(int year) const {
    using std::chrono::sys_days;
    if (kind == 'M') {
      const std::chrono::weekday weekday(static_cast<unsigned>(day));
      const auto of_year = std::chrono::year(year) / month;
      const sys_days found = week == 5 ? sys_days(of_year / weekday[std::chrono::last])
                                       : sys_days(of_year / weekday[static_cast<unsigned>(week)]);
      return found.time_since_epoch().count() * kDaySeconds + seconds;
    }
    const sys_days january = std::chrono::year(year) / 1 / 1;
    const bool skips_leap_day = kind == 'J' && std::chrono::year(year).is_leap() && day >= 60;
    const int days = kind == 'J' ? day - 1 + (skips_leap_day ? 1 : 0) : day;
    return (january.time_since_epoch().count() + days) * kDaySeconds + seconds;
  }
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text), rest_(text) {}

  std::vector<OffsetChange> Expand(int first_year, int last_year) {
    SkipName();
    const std::int64_t standard = -Time();
    if (rest_.empty()) {
      const YearlyTime new_year{.kind = 'n', .seconds = 0};
      return {{.time = new_year.In(first_year) - standard, .offset = standard}};
    }
    SkipName();
    const std::int64_t summer =
        rest_.empty() || rest_.front() == ',' ? standard + kHourSeconds : -Time();
    const YearlyTime begin = Date();
    const YearlyTime end = Date();
    std::vector<OffsetChange> changes;
    for (int year = first_year; year <= last_year; ++year) {
      changes.push_back({.time = begin.In(year) - standard, .offset = summer});
      changes.push_back({.time = end.In(year) - summer, .offset = standard});
    }
    std::ranges::sort(changes, {}, &OffsetChange::time);
    return changes;
  }

 private:
  [[noreturn]] void Fail() const { throw UserError("'{}' is no rule of a time zone", text_); }

  bool Take(char wanted) {
    const bool is_there = !rest_.empty() && rest_.front() == wanted;
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  void SkipName() {
    const bool is_quoted = Take('<');
    const auto is_name = [&](char c) {
      return is_quoted ? c != '>' : std::isalpha(static_cast<unsigned char>(c)) != 0;
    };
    const auto end = std::ranges::find_if_not(rest_, is_name);
    if (end == rest_.begin()) {
      Fail();
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    if (is_quoted && !Take('>')) {
      Fail();
    }
  }

  int Number() {
    int number = 0;
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && number < 100'000) {
      number = number * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (rest_.size() == before) {
      Fail();
    }
    return number;
  }

  // "[+-]hh[:mm[:ss]]" in seconds.
  std::int64_t Time() {
    const int sign = Take('-') ? -1 : 1;
    if (sign > 0) {
      Take('+');
    }
    std::int64_t seconds = std::int64_t{Number()} * kHourSeconds;
    if (Take(':')) {
      seconds += std::int64_t{Number()} * 60;
    }
    if (Take(':')) {
      seconds += Number();
    }
    return sign * seconds;
  }

  // ",date[/time]"
  YearlyTime Date() {
    if (!Take(',')) {
      Fail();
    }
    YearlyTime date;
    date.kind = Take('M') ? 'M' : Take('J') ? 'J' : 'n';
    if (date.kind == 'M') {
      date.month = Number();
      date.week = Take('.') ? Number() : 0;
    }
    date.day = date.kind != 'M' || Take('.') ? Number() : -1;
    const bool is_right = date.kind == 'M'
                              ? date.month >= 1 && date.month <= 12 && date.week >= 1 &&
                                    date.week <= 5 && date.day >= 0 && date.day <= 6
                              : date.day <= 366;
    if (!is_right) {
      Fail();
    }
    if (Take('/')) {
      date.seconds = Time();
    }
    return date;
  }

  std::string_view text_;
  std::string_view rest_;
};

}  // namespace

std::vector<OffsetChange> ExpandZoneRule(std::string_view rule, int first_year, int last_year) {
  return RuleReader(rule).Expand(first_year, last_year);
}

}  // namespace weir::jobs
