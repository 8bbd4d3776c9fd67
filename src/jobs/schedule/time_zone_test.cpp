#include "jobs/schedule/time_zone.h"

#include <ctime>
#include <map>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/test_seed.h"
#include "jobs/schedule/zone_file.h"

namespace weir::jobs {
namespace {

std::string FirstInstant(const std::string& zone, const std::string& day) {
  return FormatTimestamp(TimeZone(zone).FirstInstantOf(ParseTimestamp(day).value()));
}

// Expected values: the first minute at which Python's zoneinfo shows the day or a later one.
TEST(TimeZone, DaysBeginWhereOthersSayTheyDo) {
  struct Case {
    std::string zone, day, begin;
  };
  const std::vector<Case> cases = {{"Europe/Berlin", "2026-03-28", "2026-03-27T23:00:00Z"},
                                   {"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
                                   {"Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"},
                                   {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"},
                                   {"Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"},
                                   {"Europe/Berlin", "2090-07-01", "2090-06-30T22:00:00Z"},
                                   {"Europe/Berlin", "2090-12-01", "2090-11-30T23:00:00Z"},
                                   {"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"},
                                   {"America/New_York", "2026-03-09", "2026-03-09T04:00:00Z"},
                                   {"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"},
                                   {"America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"},
                                   {"America/New_York", "1960-07-04", "1960-07-04T04:00:00Z"},
                                   {"America/Sao_Paulo", "2017-10-14", "2017-10-14T03:00:00Z"},
                                   {"America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00Z"},
                                   {"America/Sao_Paulo", "2017-10-16", "2017-10-16T02:00:00Z"},
                                   {"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z"},
                                   {"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"},
                                   {"America/Havana", "2025-03-09", "2025-03-09T05:00:00Z"},
                                   {"America/Havana", "2025-03-10", "2025-03-10T04:00:00Z"},
                                   {"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z"},
                                   {"America/Havana", "2025-11-03", "2025-11-03T05:00:00Z"},
                                   {"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"},
                                   {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
                                   {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
                                   {"America/St_Johns", "2010-11-06", "2010-11-06T02:30:00Z"},
                                   {"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"},
                                   {"America/St_Johns", "2010-11-08", "2010-11-08T03:30:00Z"},
                                   {"Asia/Kolkata", "2026-01-05", "2026-01-04T18:30:00Z"},
                                   {"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z"},
                                   {"Australia/Lord_Howe", "2026-04-06", "2026-04-05T13:30:00Z"},
                                   {"Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z"},
                                   {"Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00:00Z"},
                                   {"Europe/Dublin", "2045-01-01", "2045-01-01T00:00:00Z"},
                                   {"Europe/Dublin", "2045-07-01", "2045-06-30T23:00:00Z"},
                                   {"UTC", "2026-01-05", "2026-01-05T00:00:00Z"}};

  for (const Case& one : cases) {
    EXPECT_EQ(FirstInstant(one.zone, one.day), one.begin) << one.zone << " " << one.day;
  }
}

// The C library reads the same files by code of its own.
TEST(TimeZone, ClocksShowWhatTheSystemSays) {
  std::mt19937_64 random(TestSeed());
  const Micros last = ParseTimestamp("2400-01-01").value();
  for (const std::string zone :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran",
        "Africa/Casablanca", "America/Sao_Paulo", "Europe/Dublin", "America/Nuuk", "Asia/Gaza",
        "Antarctica/Troll", "Asia/Kathmandu", "Etc/GMT+5", "CET"}) {
    const TimeZone ours(zone);
    setenv("TZ", zone.c_str(), 1);
    tzset();
    for (int i = 0; i < 200 * TestRounds(); ++i) {
      const auto span = static_cast<std::uint64_t>(last + 100 * 365 * kDay);
      const Micros utc = static_cast<Micros>(random() % span) - 100 * 365 * kDay;
      const std::time_t seconds = (utc - (utc % kSecond + kSecond) % kSecond) / kSecond;
      std::tm clock{};
      ASSERT_NE(localtime_r(&seconds, &clock), nullptr);
      ASSERT_EQ((ours.LocalOf(utc) - utc) / kSecond, clock.tm_gmtoff)
          << zone << " at " << FormatTimestamp(utc);
    }
  }
  unsetenv("TZ");
  tzset();
}

TEST(TimeZone, AnUnknownNameIsRefusedWithTheNearest) {
  for (const auto& [name, message] : std::map<std::string, std::string>{
           {"Europe/Berln",
            "unknown time zone 'Europe/Berln'; allowed are IANA names, such as UTC or "
            "Europe/Berlin; did you mean 'Europe/Berlin'?"},
           {"../../etc/passwd",
            "unknown time zone '../../etc/passwd'; allowed are IANA names, such as UTC or "
            "Europe/Berlin"},
           {"", "unknown time zone ''; allowed are IANA names, such as UTC or Europe/Berlin"}}) {
    try {
      TimeZone zone(name);
      FAIL() << name;
    } catch (const UserError& error) {
      EXPECT_EQ(error.what(), message);
    }
  }
}

// Expected: Python's zoneinfo with a handmade file of this rule for 2026.
TEST(ZoneRule, AllFormsOfDatesAreRead) {
  const auto at = [](const std::string& time) { return ParseTimestamp(time).value() / kSecond; };

  EXPECT_EQ(ExpandZoneRule("CET-1CEST,M3.5.0,M10.5.0/3", 2026, 2026),
            (std::vector<OffsetChange>{{.time = at("2026-03-29T01:00:00Z"), .offset = 7200},
                                       {.time = at("2026-10-25T01:00:00Z"), .offset = 3600}}));
  EXPECT_EQ(ExpandZoneRule("AAA4BBB,J60/0,59/-1:30", 2028, 2028),
            (std::vector<OffsetChange>{{.time = at("2028-02-29T01:30:00Z"), .offset = -14400},
                                       {.time = at("2028-03-01T04:00:00Z"), .offset = -10800}}));
  EXPECT_EQ(ExpandZoneRule("<+0545>-5:45", 2026, 2030),
            (std::vector<OffsetChange>{{.time = at("2025-12-31T18:15:00Z"), .offset = 20700}}));
  EXPECT_THROW(ExpandZoneRule("CET-1CEST", 2026, 2026), UserError);
  EXPECT_THROW(ExpandZoneRule("CET-1CEST,M13.5.0,M10.5.0", 2026, 2026), UserError);
  EXPECT_THROW(ExpandZoneRule("-1", 2026, 2026), UserError);
}

TEST(ZoneFile, DamagedFilesAreRefused) {
  EXPECT_THROW(ParseZoneFile("", "x", 2100), UserError);
  EXPECT_THROW(ParseZoneFile("TZif2", "x", 2100), UserError);
  EXPECT_THROW(ParseZoneFile(std::string(44, '\0'), "x", 2100), UserError);
  EXPECT_THROW(ParseZoneFile("TZif" + std::string(40, '\0'), "x", 2100), UserError);
  EXPECT_THROW(ParseZoneFile("TZif" + std::string(40, '\xff'), "x", 2100), UserError);
}

}  // namespace
}  // namespace weir::jobs
