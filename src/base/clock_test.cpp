#include "base/clock.h"

#include <array>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir {
namespace {

constexpr std::int32_t kFirstDay = -719'528;  // 0000-01-01
constexpr std::int32_t kLastDay = 2'932'896;  // 9999-12-31

struct Day {
  int year = 0;
  int month = 1;
  int day = 1;
};

bool IsLeapYear(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysOfMonth(const Day& day) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return day.month == 2 && IsLeapYear(day.year) ? 29
                                                : kDays.at(static_cast<std::size_t>(day.month - 1));
}

void Advance(Day& day) {
  if (++day.day <= DaysOfMonth(day)) {
    return;
  }
  day.day = 1;
  if (++day.month > 12) {
    day.month = 1;
    ++day.year;
  }
}

TEST(FormatDate, CountsDaysAsACalendarOnTheWallDoes) {
  Day day;
  for (std::int32_t days = kFirstDay; days <= kLastDay; ++days) {
    const std::string text = fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
    ASSERT_EQ(FormatDate(days), text) << days;
    ASSERT_EQ(ParseDate(text), days);
    Advance(day);
  }
}

TEST(FormatDate, SignsYearsThatFourDigitsCannotHold) {
  EXPECT_EQ(FormatDate(kFirstDay - 1), "-0001-12-31");
  EXPECT_EQ(FormatDate(kLastDay + 1), "+10000-01-01");
}

TEST(FormatDate, HoldsEveryDayThatThirtyTwoBitsCount) {
  EXPECT_EQ(FormatDate(std::numeric_limits<std::int32_t>::max()), "+5881580-07-11");
  EXPECT_EQ(FormatDate(std::numeric_limits<std::int32_t>::min()), "-5877641-06-23");
}

TEST(ParseDate, RefusesWhatIsNoDay) {
  for (const char* text :
       {"", "2026", "2026-1-02", "2026-13-01", "2026-02-29", "2026-01-32", "2026-01-02 ",
        " 2026-01-02", "-026-01-02", "2026-00-10", "2026-01-00", "20260102", "2026-01-02T00:00"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(FormatTimestamp, ShowsNoMoreOfTheFractionThanThereIs) {
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimestamp(123'000), "1970-01-01T00:00:00.123Z");
  EXPECT_EQ(FormatTimestamp(123'456), "1970-01-01T00:00:00.123456Z");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(FormatTimestamp, ReadsBackForAnyTime) {
  std::mt19937_64 random(TestSeed());
  std::uniform_int_distribution<Micros> times(kFirstDay * kDay, (kLastDay + 1) * kDay - 1);
  for (int i = 0; i < 10'000; ++i) {
    const Micros time = times(random);
    ASSERT_EQ(ParseTimestamp(FormatTimestamp(time)), time) << time;
  }
}

TEST(FormatTimestamp, HoldsTheWholeRange) {
  EXPECT_EQ(FormatTimestamp(std::numeric_limits<Micros>::max()), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(FormatTimestamp(std::numeric_limits<Micros>::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(FormatTimestampMillis, RoundsDownOrUpOnBothSidesOfTheEpoch) {
  EXPECT_EQ(FormatTimestampMillis(1'999), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(FormatTimestampMillis(1'001, true), "1970-01-01T00:00:00.002Z");
  EXPECT_EQ(FormatTimestampMillis(1'000, true), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(FormatTimestampMillis(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTimestampMillis(-1, true), "1970-01-01T00:00:00.000Z");
}

TEST(FormatTimestampMillis, NeverCrossesTheTimeItRounds) {
  std::mt19937_64 random(TestSeed());
  std::uniform_int_distribution<Micros> times(-(1LL << 50), 1LL << 50);
  for (int i = 0; i < 10'000; ++i) {
    const Micros time = times(random);
    ASSERT_LE(ParseTimestamp(FormatTimestampMillis(time)).value(), time);
    ASSERT_GE(ParseTimestamp(FormatTimestampMillis(time, true)).value(), time);
  }
}

TEST(FormatTimestampMillis, DoesNotOverflowAtTheEnds) {
  EXPECT_FALSE(FormatTimestampMillis(std::numeric_limits<Micros>::max(), true).empty());
  EXPECT_FALSE(FormatTimestampMillis(std::numeric_limits<Micros>::min(), false).empty());
}

TEST(ParseTimestamp, ReadsWhatPeopleAndProgramsWrite) {
  constexpr Micros kTime = 1'767'323'045 * kSecond;  // 2026-01-02T03:04:05Z
  EXPECT_EQ(ParseTimestamp("2026-01-02T03:04:05Z"), kTime);
  EXPECT_EQ(ParseTimestamp("2026-01-02 03:04:05"), kTime);
  EXPECT_EQ(ParseTimestamp("2026-01-02 03:04"), kTime - 5 * kSecond);
  EXPECT_EQ(ParseTimestamp("2026-01-02"), kTime - (3 * 3600 + 4 * 60 + 5) * kSecond);
  EXPECT_EQ(ParseTimestamp("2026-01-02T03:04:05.5Z"), kTime + kSecond / 2);
  EXPECT_EQ(ParseTimestamp("2026-01-02T03:04:05.123456789Z"), kTime + 123'456);
  EXPECT_EQ(ParseTimestamp("2026-01-02T04:04:05+01:00"), kTime);
  EXPECT_EQ(ParseTimestamp("2026-01-01T21:34:05-0530"), kTime);
  EXPECT_EQ(ParseTimestamp("2026-01-02T04:04:05+01"), kTime);
}

TEST(ParseTimestamp, RefusesTheRest) {
  for (const char* text : {"", "now", "2026-01-02T", "2026-01-02T24:00", "2026-01-02T03:60",
                           "2026-01-02T03:04:60", "2026-01-02T03:04:05.", "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05+", "2026-01-02T03:04:05+1",
                           "2026-01-02T03:04:05+01:", "2026-01-02T3:04", "2026-02-30T00:00:00Z",
                           "2026-01-02T03:04:05+01:60"}) {
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
  }
}

TEST(Now, IsWhatTheEnvironmentSays) {
  setenv("WEIR_NOW", "2026-01-02T03:04:05.25Z", 1);
  const Micros fixed = Now();
  unsetenv("WEIR_NOW");

  EXPECT_EQ(FormatTimestampMillis(fixed), "2026-01-02T03:04:05.250Z");
  EXPECT_NE(Now(), fixed);
}

}  // namespace
}  // namespace weir
