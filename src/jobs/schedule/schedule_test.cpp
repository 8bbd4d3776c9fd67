#include "jobs/schedule/schedule.h"

#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/test_seed.h"

namespace weir::jobs {
namespace {

using project::Cadence;

Micros At(const std::string& time) { return ParseTimestamp(time).value(); }

Schedule Make(Cadence cadence, const std::string& zone = "UTC", const std::string& cron = "") {
  return Schedule({.cadence = cadence, .cron = cron, .time_zone = zone});
}

std::string Text(const Interval& interval) {
  return FormatTimestamp(interval.start) + " " + FormatTimestamp(interval.end);
}

// Expected bounds: Python's datetime with zoneinfo.
TEST(Schedule, IntervalsAreThoseOfTheCalendar) {
  struct Case {
    Cadence cadence;
    std::string zone, time, interval, day, label;
  };
  const std::vector<Case> cases = {
      {Cadence::kHourly, "UTC", "2026-01-05T13:59:59.999999",
       "2026-01-05T13:00:00Z 2026-01-05T14:00:00Z", "2026-01-05", "2026-01-05T13"},
      {Cadence::kHourly, "Asia/Kolkata", "2026-01-05T13:00",
       "2026-01-05T12:30:00Z 2026-01-05T13:30:00Z", "2026-01-05", "2026-01-05T18"},
      {Cadence::kHourly, "Europe/Berlin", "2026-10-25T01:10",
       "2026-10-25T00:00:00Z 2026-10-25T02:00:00Z", "2026-10-25", "2026-10-25T02"},
      {Cadence::kHourly, "Europe/Berlin", "2026-03-29T01:00",
       "2026-03-29T01:00:00Z 2026-03-29T02:00:00Z", "2026-03-29", "2026-03-29T03"},
      {Cadence::kDaily, "UTC", "2026-01-05", "2026-01-05T00:00:00Z 2026-01-06T00:00:00Z",
       "2026-01-05", "2026-01-05"},
      {Cadence::kManual, "UTC", "1969-12-31T23:59", "1969-12-31T00:00:00Z 1970-01-01T00:00:00Z",
       "1969-12-31", "1969-12-31"},
      {Cadence::kDaily, "America/New_York", "2026-03-08T12:00",
       "2026-03-08T05:00:00Z 2026-03-09T04:00:00Z", "2026-03-08", "2026-03-08"},
      {Cadence::kDaily, "Pacific/Apia", "2011-12-30T09:59",
       "2011-12-29T10:00:00Z 2011-12-30T10:00:00Z", "2011-12-29", "2011-12-29"},
      {Cadence::kDaily, "Pacific/Apia", "2011-12-30T10:00",
       "2011-12-30T10:00:00Z 2011-12-31T10:00:00Z", "2011-12-31", "2011-12-31"},
      {Cadence::kDaily, "America/St_Johns", "2010-11-07T02:45",
       "2010-11-07T02:30:00Z 2010-11-08T03:30:00Z", "2010-11-07", "2010-11-07"},
      {Cadence::kWeekly, "UTC", "2026-01-11T23:00", "2026-01-05T00:00:00Z 2026-01-12T00:00:00Z",
       "2026-01-11", "2026-01-05/2026-01-11"},
      {Cadence::kWeekly, "Europe/Berlin", "2026-03-29T22:00",
       "2026-03-29T22:00:00Z 2026-04-05T22:00:00Z", "2026-04-05", "2026-03-30/2026-04-05"},
      {Cadence::kMonthly, "UTC", "2028-02-29T10:00", "2028-02-01T00:00:00Z 2028-03-01T00:00:00Z",
       "2028-02-29", "2028-02"},
      {Cadence::kMonthly, "Europe/Berlin", "2026-10-31T23:30",
       "2026-10-31T23:00:00Z 2026-11-30T23:00:00Z", "2026-11-30", "2026-11"}};

  for (const Case& one : cases) {
    const Schedule schedule = Make(one.cadence, one.zone);
    const Interval interval = schedule.At(At(one.time));
    EXPECT_EQ(Text(interval), one.interval) << one.zone << " " << one.time;
    EXPECT_EQ(schedule.Day(interval), one.day) << one.zone << " " << one.time;
    EXPECT_EQ(schedule.Label(interval), one.label) << one.zone << " " << one.time;
  }
}

TEST(Schedule, CronIntervalsLieBetweenFirings) {
  const Schedule nightly = Make(Cadence::kCron, "Europe/Berlin", "0 0 * * *");
  const Schedule daily = Make(Cadence::kDaily, "Europe/Berlin");
  const Schedule mornings = Make(Cadence::kCron, "UTC", "30 6 * * mon-fri");
  const Interval weekend = mornings.At(At("2026-01-10"));

  EXPECT_EQ(nightly.Between(At("2026-01-01"), At("2026-12-31")),
            daily.Between(At("2026-01-01"), At("2026-12-31")));
  EXPECT_EQ(nightly.Label(nightly.At(At("2026-01-05"))), "2026-01-05");
  EXPECT_EQ(Text(weekend), "2026-01-09T06:30:00Z 2026-01-12T06:30:00Z");
  EXPECT_EQ(mornings.Day(weekend), "2026-01-12");
  EXPECT_EQ(mornings.Hour(weekend), 6);
  EXPECT_EQ(mornings.Label(weekend), "2026-01-09T06:30/2026-01-12T06:30");
}

// A time that is skipped (02:30 on 29 March) or comes twice (on 25 October) counts once.
TEST(Schedule, ACronTimeOfTheDayFiresOncePerDayWhenClocksChange) {
  const Schedule schedule = Make(Cadence::kCron, "Europe/Berlin", "30 2 * * *");

  EXPECT_EQ(Text(schedule.At(At("2026-03-28T20:00"))), "2026-03-28T01:30:00Z 2026-03-29T01:00:00Z");
  EXPECT_EQ(Text(schedule.At(At("2026-03-29T20:00"))), "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z");
  EXPECT_EQ(Text(schedule.At(At("2026-10-25T20:00"))), "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
}

TEST(Schedule, IntervalsFollowOneAnotherWithoutGaps) {
  std::mt19937_64 random(TestSeed());
  const std::vector<Schedule> schedules = {
      Make(Cadence::kHourly, "Australia/Lord_Howe"),
      Make(Cadence::kHourly, "America/St_Johns"),
      Make(Cadence::kDaily, "America/Sao_Paulo"),
      Make(Cadence::kWeekly, "Pacific/Apia"),
      Make(Cadence::kMonthly, "America/Havana"),
      Make(Cadence::kCron, "Asia/Gaza", "7 */5 * * *"),
      Make(Cadence::kCron, "Asia/Tehran", "10,40 3 1-7 * mon")};
  for (int round = 0; round < 50 * TestRounds(); ++round) {
    const Schedule& schedule = schedules[random() % schedules.size()];
    const auto time = static_cast<Micros>(random() % (60ULL * 365 * 24 * kHour));
    const Interval here = schedule.At(time);
    ASSERT_LE(here.start, time);
    ASSERT_GT(here.end, time);
    ASSERT_EQ(schedule.Next(here).start, here.end);
    ASSERT_EQ(schedule.Previous(here).end, here.start);
    ASSERT_EQ(schedule.Next(schedule.Previous(here)), here);
    ASSERT_EQ(schedule.At(here.start), here);
    ASSERT_EQ(schedule.At(here.end - 1), here);
  }
}

// An interval over midnight lies in its last day, so its hour is the last one, too: else its rows
// would seem to lie outside of it.
TEST(Schedule, DayAndHourOfACronIntervalLieInIt) {
  const Schedule schedule = Make(Cadence::kCron, "Europe/Berlin", "15 5,13,23 * * *");
  const Schedule hours = Make(Cadence::kHourly, "Europe/Berlin");
  std::set<std::string> names;
  const auto intervals = schedule.Between(At("2026-01-01"), At("2027-01-01"));
  for (const Interval& interval : intervals) {
    const std::string hour =
        fmt::format("{}T{:02}:00", schedule.Day(interval), schedule.Hour(interval));
    const Interval last = hours.At(hours.TimeOf(hour));
    EXPECT_LT(last.start, interval.end) << hour;
    EXPECT_GE(last.end, interval.end) << hour;
    names.insert(hour);
  }
  EXPECT_EQ(names.size(), intervals.size());
  EXPECT_GE(names.size(), 3U * 363);
}

// Rows are kept apart by `ds` and `hour`, so no two intervals of an hourly job may share both.
TEST(Schedule, DayAndHourTellTheHoursOfAYearApart) {
  for (const std::string zone : {"Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"}) {
    const Schedule schedule = Make(Cadence::kHourly, zone);
    std::set<std::string> names;
    std::size_t count = 0;
    for (const Interval& hour : schedule.Between(At("2010-01-01"), At("2011-01-01"))) {
      names.insert(fmt::format("{} {}", schedule.Day(hour), schedule.Hour(hour)));
      ++count;
    }
    EXPECT_EQ(names.size(), count) << zone;
    EXPECT_GE(count, 8750U);
  }
}

TEST(Schedule, BetweenGivesWholeIntervalsAlone) {
  const Schedule daily = Make(Cadence::kDaily);

  EXPECT_EQ(daily.Between(At("2026-01-01T00:01"), At("2026-01-03T23:59")),
            (std::vector<Interval>{{.start = At("2026-01-02"), .end = At("2026-01-03")}}));
  EXPECT_TRUE(daily.Between(At("2026-01-01T00:01"), At("2026-01-02")).empty());
  EXPECT_EQ(daily.Between(At("2025-01-01"), At("2026-01-01")).size(), 365U);
}

TEST(Schedule, TimesAreReadInTheZoneUnlessTheySayTheirs) {
  const Schedule schedule = Make(Cadence::kDaily, "America/New_York");

  EXPECT_EQ(FormatTimestamp(schedule.TimeOf("2026-01-05")), "2026-01-05T05:00:00Z");
  EXPECT_EQ(FormatTimestamp(schedule.TimeOf("2026-01-05T13:00")), "2026-01-05T18:00:00Z");
  EXPECT_EQ(FormatTimestamp(schedule.TimeOf("2026-01-05T13:00Z")), "2026-01-05T13:00:00Z");
  EXPECT_EQ(FormatTimestamp(schedule.TimeOf("2026-01-05T13:00-01:00")), "2026-01-05T14:00:00Z");
  try {
    schedule.TimeOf("5 January");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "'5 January' is no day or time; allowed are a day ('2026-01-05'), a clock time "
                 "('2026-01-05T13:00') and a time with its zone ('2026-01-05T13:00Z', '…+01:00')");
  }
}

}  // namespace
}  // namespace weir::jobs
