// Firings against a slow reference: it walks every minute of some weeks, asks the C library what
// clocks show, and looks the numbers up in the sets that the line was written from.
#include "jobs/schedule/cron.h"

#include <array>
#include <ctime>
#include <optional>
#include <random>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/test_seed.h"
#include "jobs/schedule/schedule.h"

namespace weir::jobs {
namespace {

struct RandomField {
  std::string text;
  std::set<int> values;
};

// A field as text and as the numbers that it means, told twice over.
RandomField MakeField(std::mt19937_64& random, int least, int greatest,
                      const std::vector<std::string>& names = {}) {
  RandomField field;
  const auto pick = [&](int from, int to) {
    return from + static_cast<int>(random() % static_cast<std::uint64_t>(to - from + 1));
  };
  const auto name = [&](int value) {
    const auto index = static_cast<std::size_t>(value - least);
    return index < names.size() && random() % 2 == 0 ? names[index] : std::to_string(value);
  };
  const int parts = pick(0, 3);
  for (int part = 0; part < parts; ++part) {
    const int first = pick(least, greatest);
    const int last = pick(first, greatest);
    const int step = pick(1, 5);
    const int form = pick(0, 3);
    field.text += field.text.empty() ? "" : ",";
    field.text += form == 0   ? name(first)
                  : form == 1 ? fmt::format("{}-{}", name(first), name(last))
                  : form == 2 ? fmt::format("{}-{}/{}", first, last, step)
                              : fmt::format("{}/{}", name(first), step);
    const int end = form == 0 ? first : form == 3 ? greatest : last;
    for (int value = first; value <= end; value += form >= 2 ? step : 1) {
      field.values.insert(value);
    }
  }
  if (parts == 0) {
    const int step = pick(1, 7);
    field.text = step == 1 ? "*" : fmt::format("*/{}", step);
    for (int value = least; value <= greatest; value += step) {
      field.values.insert(value);
    }
  }
  return field;
}

struct RandomCron {
  RandomField minute, hour, day, month, weekday;

  std::string text() const {
    return fmt::format("{} {} {} {} {}", minute.text, hour.text, day.text, month.text,
                       weekday.text);
  }
  bool Matches(const std::tm& clock) const {
    const bool day_fits = day.values.contains(clock.tm_mday);
    const bool weekday_fits = weekday.values.contains(clock.tm_wday) ||
                              (clock.tm_wday == 0 && weekday.values.contains(7));
    const bool is_either = day.text[0] != '*' && weekday.text[0] != '*';
    return minute.values.contains(clock.tm_min) && hour.values.contains(clock.tm_hour) &&
           month.values.contains(clock.tm_mon + 1) &&
           (is_either ? day_fits || weekday_fits : day_fits && weekday_fits);
  }
  bool IsPeriodic() const { return minute.text[0] == '*' || hour.text[0] == '*'; }
};

RandomCron MakeCron(std::mt19937_64& random) {
  return {.minute = MakeField(random, 0, 59),
          .hour = MakeField(random, 0, 23),
          .day = MakeField(random, 1, 31),
          .month = random() % 2 == 0 ? RandomField{"*", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
                                     : MakeField(random, 1, 12,
                                                 {"jan", "FEB", "mar", "Apr", "may", "jun", "jul",
                                                  "aug", "sep", "oct", "nov", "dec"}),
          .weekday = MakeField(random, 0, 7, {"Sun", "mon", "TUE", "wed", "thu", "fri", "sat"})};
}

// What a clock of the zone in TZ shows, as if it were UTC.
Micros ClockOf(Micros utc, std::tm& clock) {
  const std::time_t seconds = utc / 1'000'000;
  localtime_r(&seconds, &clock);
  return utc + clock.tm_gmtoff * 1'000'000LL;
}

// Each minute of [from, to) at which the line fires.
std::vector<Micros> SlowFirings(const RandomCron& cron, Micros from, Micros to) {
  std::vector<Micros> firings;
  std::tm clock{};
  Micros reached = ClockOf(from - kMinute, clock);  // the latest time that clocks have shown
  for (Micros utc = from; utc < to; utc += kMinute) {
    const Micros shown = ClockOf(utc, clock);
    bool fires = cron.IsPeriodic() && cron.Matches(clock);
    for (Micros time = reached + kMinute; !cron.IsPeriodic() && time <= shown; time += kMinute) {
      const std::time_t seconds = time / 1'000'000;
      std::tm missed{};
      gmtime_r(&seconds, &missed);
      fires = fires || cron.Matches(missed);
    }
    reached = std::max(reached, shown);
    if (fires) {
      firings.push_back(utc);
    }
  }
  return firings;
}

// Around changes of the clock, which the zones have in March, April, October or November.
TEST(Cron, FiresAtTheSameMinutesAsAWalkThroughAllOfThem) {
  std::mt19937_64 random(TestSeed());
  const std::array<std::string, 6> zones = {
      "Europe/Berlin",       "America/New_York", "UTC",
      "Australia/Lord_Howe", "America/Havana",   "Asia/Kolkata"};
  const std::array<std::string, 4> starts = {"2026-03-05", "2026-10-01", "2025-10-20",
                                             "2028-02-20"};
  int compared = 0;
  for (int round = 0; round < 3 * TestRounds(); ++round) {
    const std::string& zone = zones[random() % zones.size()];
    setenv("TZ", zone.c_str(), 1);
    tzset();
    const RandomCron cron = MakeCron(random);
    const Micros from = ParseTimestamp(starts[random() % starts.size()]).value();
    const Micros to = from + 40 * kDay;
    SCOPED_TRACE(fmt::format("'{}' in {} from {}", cron.text(), zone, FormatTimestamp(from)));
    const std::vector<Micros> expected = SlowFirings(cron, from, to);
    std::optional<Schedule> schedule;
    try {
      schedule.emplace(project::ScheduleLine{
          .cadence = project::Cadence::kCron, .cron = cron.text(), .time_zone = zone});
    } catch (const UserError& error) {
      EXPECT_TRUE(std::string(error.what()).find("never fires") != std::string::npos);
      EXPECT_TRUE(expected.empty());
      continue;
    }
    std::vector<Micros> firings;
    for (Micros time = schedule->At(from - 1).end; time < to; time = schedule->At(time).end) {
      firings.push_back(time);
    }
    ASSERT_EQ(firings, expected);
    compared += static_cast<int>(expected.size());
    for (std::size_t i = 1; i < expected.size(); ++i) {
      const Interval between{.start = expected[i - 1], .end = expected[i]};
      ASSERT_EQ(schedule->At(between.start), between);
      ASSERT_EQ(schedule->At(between.end - 1), between);
    }
  }
  unsetenv("TZ");
  tzset();
  EXPECT_GT(compared, 100);
}

TEST(Cron, RareDaysAreFound) {
  const auto day = [](const std::string& text) { return ParseTimestamp(text).value(); };
  EXPECT_EQ(Cron("0 0 29 2 *").NextMatch(day("2096-03-01")), day("2104-02-29"));
  EXPECT_EQ(Cron("0 0 29 2 *").PreviousMatch(day("2104-02-28")), day("2096-02-29"));
  EXPECT_EQ(Cron("5 4 * * sun").NextMatch(day("2026-01-05")), day("2026-01-11T04:05"));
  EXPECT_EQ(Cron("5 4 * * 7").NextMatch(day("2026-01-05")), day("2026-01-11T04:05"));
  EXPECT_EQ(Cron("5/25 4 * * *").NextMatch(day("2026-01-05T04:31")), day("2026-01-05T04:55"));
  EXPECT_EQ(Cron("5/25 4 * * *").NextMatch(day("2026-01-05T04:56")), day("2026-01-06T04:05"));
  EXPECT_EQ(Cron("0 0 13 * fri").NextMatch(day("2026-01-05")), day("2026-01-09"));
}

TEST(Cron, WrongLinesAreExplained) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0 0 * *",
       "cron line '0 0 * *' has 4 fields; it needs five: minute, hour, day of the month, month, "
       "day of the week, such as '30 6 * * mon-fri'"},
      {"60 0 * * *",
       "cron line '60 0 * * *': '60' is no minute; allowed are 0 to 59, ranges 'a-b', steps "
       "'*/n', 'a/n' and 'a-b/n', and lists with ','"},
      {"0 0 * * mno",
       "cron line '0 0 * * mno': 'mno' is no day of the week; allowed are 0 to 7 and sun to sat, "
       "ranges 'a-b', steps '*/n', 'a/n' and 'a-b/n', and lists with ','; did you mean 'mon'?"},
      {"0 17-9 * * *",
       "cron line '0 17-9 * * *': '17-9' is no hour; a range begins with its lesser end"},
      {"*/0 * * * *",
       "cron line '*/0 * * * *': '*/0' is no minute; a step is '*/n', 'a/n' or 'a-b/n' with n of "
       "at "
       "least 1"},
      {"5/x * * * *",
       "cron line '5/x * * * *': '5/x' is no minute; a step is '*/n', 'a/n' or 'a-b/n' with n of "
       "at "
       "least 1"},
      {"0 0 30 feb *",
       "cron line '0 0 30 feb *' never fires: no month that it names has such a day"}};
  for (const auto& [line, message] : cases) {
    try {
      Cron cron(line);
      ADD_FAILURE() << line;
    } catch (const UserError& error) {
      EXPECT_EQ(error.what(), message);
    }
  }
}

}  // namespace
}  // namespace weir::jobs
