#include "project/duration.h"

#include <gtest/gtest.h>

#include "project/cron_line.h"
#include "project/time_zone.h"

namespace weir::project {
namespace {

TEST(DurationText, IsANumberAndAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(ParseDuration("90 s"), 90s);
  EXPECT_EQ(ParseDuration("15min"), 15min);
  EXPECT_EQ(ParseDuration("1 hour"), 60min);
  EXPECT_EQ(ParseDuration("2 days"), 48h);
  EXPECT_EQ(ParseDuration("3 weeks"), 3 * 7 * 24h);
  EXPECT_EQ(ParseDuration("250 ms"), 250ms);
  EXPECT_EQ(ParseDuration("0 s"), 0s);
}

TEST(DurationText, IsNothingElse) {
  for (const char* text : {"", "5", "day", "-1 day", "1.5 hours", "1  day", "1 day ", "2 months",
                           "1 m", "999999999999 weeks", "9999999999999 s", "1 Day"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(CronLine, OfFiveFieldsIsRight) {
  for (const char* line : {"* * * * *", "0 5 * * *", "*/15 0-6,22 1,15 jan-MAR mon-fri",
                           "0 0 * * 7", "5/10 * * * 0"}) {
    EXPECT_EQ(CronMistake(line), std::nullopt) << line;
  }
}

TEST(CronLine, MistakesNameTheField) {
  EXPECT_EQ(CronMistake("0 5 * *"),
            "a cron line has five fields (minute, hour, day of month, month, day of week); here "
            "are 4");
  EXPECT_EQ(CronMistake("60 5 * * *"),
            "'60' is no minute: 0..59, *, ranges, steps and lists are allowed");
  EXPECT_EQ(CronMistake("0 6-5 * * *"),
            "'6-5' is no hour: 0..23, *, ranges, steps and lists are allowed");
  EXPECT_EQ(CronMistake("0 5 * * fry"),
            "'fry' is no day of week: 0..7, *, ranges, steps and lists are allowed");
  for (const char* line : {"*/0 * * * *", "1,,2 * * * *", "1-2-3 * * * *", "1/2/3 * * * *",
                           "* * 0 * *", "* * * 13 *", "a * * * *", "-1 * * * *"}) {
    EXPECT_NE(CronMistake(line), std::nullopt) << line;
  }
}

TEST(TimeZone, IsOneOfTheSystems) {
  EXPECT_TRUE(IsTimeZone("UTC"));
  EXPECT_TRUE(IsTimeZone("America/Argentina/Ushuaia"));
  EXPECT_FALSE(IsTimeZone("Europe"));
  EXPECT_FALSE(IsTimeZone("/etc/localtime"));
  EXPECT_FALSE(IsTimeZone(""));
}

}  // namespace
}  // namespace weir::project
