#include "jobs/schedule/schedule.h"

#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/schedule/cron.h"
#include "jobs/schedule/time_zone.h"

namespace weir::jobs {
namespace {

using project::Cadence;

std::int64_t DayOf(Micros local) { return FloorDivide(local, kDay); }

std::string DateText(Micros local) { return FormatDate(static_cast<std::int32_t>(DayOf(local))); }

std::string MinuteText(Micros local) {
  const Micros minutes = (local - DayOf(local) * kDay) / kMinute;
  return fmt::format("{}T{:02}:{:02}", DateText(local), minutes / 60, minutes % 60);
}

std::chrono::year_month MonthOf(Micros local) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(DayOf(local)))};
  return date.year() / date.month();
}

// Which hour, day, week or month of the calendar a clock time lies in, as a number that counts on.
std::int64_t PeriodOf(Cadence cadence, Micros local) {
  switch (cadence) {
    case Cadence::kHourly:
      return FloorDivide(local, kHour);
    case Cadence::kWeekly:
      return FloorDivide(DayOf(local) + 3, 7);  // 1970-01-01 was a Thursday
    case Cadence::kMonthly: {
      const auto month = MonthOf(local);
      return static_cast<int>(month.year()) * 12LL + static_cast<unsigned>(month.month()) - 1;
    }
    default:
      return DayOf(local);
  }
}

// The clock time at which a period begins.
Micros BeginOf(Cadence cadence, std::int64_t period) {
  switch (cadence) {
    case Cadence::kHourly:
      return period * kHour;
    case Cadence::kWeekly:
      return (period * 7 - 3) * kDay;
    case Cadence::kMonthly: {
      const std::int64_t year = FloorDivide(period, 12);
      const std::chrono::sys_days first =
          std::chrono::year(static_cast<int>(year)) / static_cast<int>(period - year * 12 + 1) / 1;
      return first.time_since_epoch().count() * kDay;
    }
    default:
      return period * kDay;
  }
}

bool HasZone(std::string_view text) {
  const auto time = text.find_first_of("T ");
  return time != std::string_view::npos &&
         text.find_first_of("Z+-", time) != std::string_view::npos;
}

}  // namespace

struct Schedule::State {
  explicit State(const project::ScheduleLine& line) : cadence(line.cadence), zone(line.time_zone) {
    if (cadence == Cadence::kCron) {
      cron.emplace(line.cron);
    }
  }

  // The last boundary at or before `time`, and the first one after it.
  Micros Floor(Micros time) const {
    return !cron ? FloorPeriod(time) : cron->is_periodic() ? FloorPeriodic(time) : FloorTimed(time);
  }
  Micros After(Micros time) const {
    return !cron ? AfterPeriod(time) : cron->is_periodic() ? AfterPeriodic(time) : AfterTimed(time);
  }

  Micros StartOf(std::int64_t period) const {
    return zone.FirstInstantOf(BeginOf(cadence, period));
  }

  Micros FloorPeriod(Micros time) const {
    std::int64_t period = PeriodOf(cadence, zone.LocalOf(time));
    while (StartOf(period + 1) <= time) {
      ++period;  // clocks went back over the boundary
    }
    return StartOf(period);
  }

  Micros AfterPeriod(Micros time) const {
    std::int64_t period = PeriodOf(cadence, zone.LocalOf(time)) + 1;
    while (StartOf(period) <= time) {
      ++period;
    }
    return StartOf(period);
  }

  Micros AfterPeriodic(Micros time) const {
    Micros from = time + 1;
    while (true) {
      const TimeZone::Span& span = zone.SpanAt(from);
      const Micros found = cron->NextMatch(from + span.offset) - span.offset;
      if (found < span.end) {
        return found;
      }
      from = span.end;
    }
  }

  Micros FloorPeriodic(Micros time) const {
    while (true) {
      const TimeZone::Span& span = zone.SpanAt(time);
      const Micros found = cron->PreviousMatch(time + span.offset) - span.offset;
      if (found >= span.start) {
        return found;
      }
      time = span.start - 1;
    }
  }

  Micros AfterTimed(Micros time) const {
    Micros local = cron->NextMatch(zone.LocalOf(time) + 1);
    while (zone.FirstInstantOf(local) <= time) {
      local = cron->NextMatch(local + 1);
    }
    return zone.FirstInstantOf(local);
  }

  Micros FloorTimed(Micros time) const {
    Micros local = cron->PreviousMatch(zone.LocalOf(time) + kDay);  // clocks may have gone back
    while (zone.FirstInstantOf(local) > time) {
      local = cron->PreviousMatch(local - 1);
    }
    return zone.FirstInstantOf(local);
  }

  Cadence cadence;
  TimeZone zone;
  std::optional<Cron> cron;
};

Schedule::Schedule(const project::ScheduleLine& line)
    : state_(std::make_shared<const State>(line)) {}

Interval Schedule::At(Micros time) const {
  return {.start = state_->Floor(time), .end = state_->After(time)};
}

Interval Schedule::Next(const Interval& interval) const { return At(interval.end); }

Interval Schedule::Previous(const Interval& interval) const { return At(interval.start - 1); }

std::vector<Interval> Schedule::Between(Micros from, Micros to) const {
  std::vector<Interval> intervals;
  Micros start = state_->Floor(from);
  if (start < from) {
    start = state_->After(from);
  }
  while (start < to) {
    const Micros end = state_->After(start);
    if (end <= to) {
      intervals.push_back({.start = start, .end = end});
    }
    start = end;
  }
  return intervals;
}

std::string Schedule::Day(const Interval& interval) const {
  return DateText(state_->zone.LocalOf(interval.end - 1));
}

int Schedule::Hour(const Interval& interval) const {
  const Micros local = state_->zone.LocalOf(interval.end - 1);
  return static_cast<int>((local - DayOf(local) * kDay) / kHour);
}

Micros Schedule::TimeOf(const std::string& day_or_time) const {
  const auto time = ParseTimestamp(day_or_time);
  if (!time) {
    throw UserError(
        "'{}' is no day or time; allowed are a day ('2026-01-05'), a clock time "
        "('2026-01-05T13:00') and a time with its zone ('2026-01-05T13:00Z', '…+01:00')",
        day_or_time);
  }
  return HasZone(day_or_time) ? *time : state_->zone.FirstInstantOf(*time);
}

std::string Schedule::Label(const Interval& interval) const {
  const Micros start = state_->zone.LocalOf(interval.start);
  const Micros end = state_->zone.LocalOf(interval.end);
  switch (state_->cadence) {
    case Cadence::kHourly:
      return MinuteText(start).substr(0, DateText(start).size() + 3);
    case Cadence::kWeekly:
      return fmt::format("{}/{}", DateText(start), Day(interval));
    case Cadence::kMonthly:
      return DateText(start).substr(0, DateText(start).size() - 3);
    case Cadence::kCron: {
      const bool is_days =
          interval == Interval{.start = state_->zone.FirstInstantOf(DayOf(start) * kDay),
                               .end = state_->zone.FirstInstantOf(DayOf(end) * kDay)};
      if (!is_days) {
        return fmt::format("{}/{}", MinuteText(start), MinuteText(end));
      }
      return DateText(start) == Day(interval)
                 ? DateText(start)
                 : fmt::format("{}/{}", DateText(start), Day(interval));
    }
    default:
      return DateText(start);
  }
}

}  // namespace weir::jobs
