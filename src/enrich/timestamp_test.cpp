// The parser against a slow, obvious one that knows calendars by counting days and decimals by
// moving the point in text; and against values from GNU date.
#include "enrich/timestamp.h"

#include <array>
#include <limits>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include "base/clock.h"
#include "base/test_seed.h"

namespace weir::enrich {
namespace {

bool IsLeap(int year) { return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0); }

int LengthOf(int year, int month) {
  constexpr std::array kLengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kLengths.at(static_cast<std::size_t>(month - 1)) + (month == 2 && IsLeap(year) ? 1 : 0);
}

// Counts the days one year and one month at a time.
std::int64_t CountDays(int year, int month, int day) {
  std::int64_t days = 0;
  for (int y = 1970; y < year; ++y) {
    days += IsLeap(y) ? 366 : 365;
  }
  for (int y = year; y < 1970; ++y) {
    days -= IsLeap(y) ? 366 : 365;
  }
  for (int m = 1; m < month; ++m) {
    days += LengthOf(year, m);
  }
  return days + day - 1;
}

int Number(const std::string& digits) { return digits.empty() ? 0 : std::stoi(digits); }

std::optional<Micros> SlowIso(const std::string& text) {
  static const RE2 kPattern(
      R"((\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?)");
  std::array<std::string, 10> part;
  if (!RE2::FullMatch(text, kPattern, &part[0], &part[1], &part[2], &part[3], &part[4], &part[5],
                      &part[6], &part[7], &part[8], &part[9])) {
    return std::nullopt;
  }
  const int year = Number(part[0]);
  const int month = Number(part[1]);
  const int day = Number(part[2]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > LengthOf(year, month) ||
      Number(part[3]) > 23 || Number(part[4]) > 59 || Number(part[5]) > 59 ||
      Number(part[8]) > 23 || Number(part[9]) > 59) {
    return std::nullopt;
  }
  const std::string fraction = (part[6] + "000000").substr(0, 6);
  Micros time = CountDays(year, month, day) * 86400 + Number(part[3]) * 3600 +
                Number(part[4]) * 60 + Number(part[5]);
  time -= (part[7] == "-" ? -60 : 60) * (Number(part[8]) * 60 + Number(part[9]));
  return time * kSecond + std::stoi(fraction);
}

// Writes the number without exponent, pads it, and cuts behind the microseconds.
std::optional<Micros> SlowNumber(const std::string& text) {
  static const RE2 kPattern(R"((\d+)(?:\.(\d+))?(?:[eE]([+-]?)0*(\d+))?)");
  std::string integer;
  std::string fraction;
  std::string sign;
  std::string exponent_digits;
  if (!RE2::FullMatch(text, kPattern, &integer, &fraction, &sign, &exponent_digits)) {
    return std::nullopt;
  }
  const int size = exponent_digits.size() > 3 ? 999 : Number(exponent_digits);  // enough here
  const int exponent = sign == "-" ? -size : size;
  const std::string zeros(1100, '0');
  const std::string digits = zeros + integer + fraction + zeros;
  const auto point =
      static_cast<std::size_t>(static_cast<int>(zeros.size() + integer.size()) + exponent);
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  const std::size_t integer_digits = first < point ? point - first : 0;
  const int shift = integer_digits >= 19   ? -3
                    : integer_digits >= 16 ? 0
                    : integer_digits >= 13 ? 3
                                           : 6;
  const std::size_t end = point + static_cast<std::size_t>(shift + 10) - 10;
  if (first >= end) {
    return 0;
  }
  const std::string micros = digits.substr(first, end - first);
  return micros.size() > 18 ? std::numeric_limits<Micros>::max() : std::stoll(micros);
}

std::string RandomDigits(std::mt19937_64& random, std::size_t most) {
  std::string digits;
  for (std::size_t left = random() % most + 1; left > 0; --left) {
    digits += static_cast<char>('0' + random() % 10);
  }
  return digits;
}

std::string RandomNumber(std::mt19937_64& random) {
  std::string text = RandomDigits(random, 22);
  text += random() % 2 == 0 ? "." + RandomDigits(random, 20) : "";
  if (random() % 3 == 0) {
    text += std::array{"e", "E", "e+", "e-"}.at(random() % 4) + RandomDigits(random, 2);
  }
  return text;
}

std::string RandomIso(std::mt19937_64& random) {
  std::string text =
      fmt::format("{:04}-{:02}-{:02}", random() % 10000, random() % 13, random() % 32);
  if (random() % 8 == 0) {
    return text;
  }
  text += fmt::format("{}{:02}:{:02}", random() % 2 == 0 ? 'T' : ' ', random() % 25, random() % 61);
  if (random() % 4 != 0) {
    text += fmt::format(":{:02}", random() % 61);
    text += random() % 2 == 0 ? "." + RandomDigits(random, 9) : "";
  }
  switch (random() % 4) {
    case 0:
      return text;
    case 1:
      return text + "Z";
    default:
      return text + fmt::format("{}{:02}{}{:02}", random() % 2 == 0 ? '+' : '-', random() % 25,
                                random() % 2 == 0 ? ":" : "", random() % 61);
  }
}

// Changes, drops or doubles one character now and then.
void DamageTime(std::mt19937_64& random, std::string& text) {
  if (text.empty() || random() % 3 != 0) {
    return;
  }
  const std::size_t index = random() % text.size();
  constexpr std::string_view kCharacters = "0123456789-+:.TZ eE/x";
  switch (random() % 3) {
    case 0:
      text[index] = kCharacters[random() % kCharacters.size()];
      return;
    case 1:
      text.erase(index, 1);
      return;
    default:
      text.insert(index, 1, text[index]);
  }
}

TEST(TimestampTest, RandomTextsAreWhatTheSlowParserSays) {
  std::mt19937_64 random(TestSeed());
  std::size_t accepted = 0;
  for (int round = 0; round < TestRounds() * 2000; ++round) {
    std::string text = random() % 2 == 0 ? RandomIso(random) : RandomNumber(random);
    DamageTime(random, text);
    auto expected = SlowIso(text);
    if (!expected) {
      expected = SlowNumber(text);
    }
    ASSERT_EQ(ParseTimestampText(text), expected) << text;
    accepted += expected ? 1U : 0U;
  }
  EXPECT_GT(accepted, 1000U);
}

TEST(TimestampTest, EveryDayOfFourCenturiesIsTheNextOne) {
  for (int year = 1900; year < 2300; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (const int day : {1, LengthOf(year, month)}) {
        const auto time = ParseTimestampText(fmt::format("{:04}-{:02}-{:02}", year, month, day));
        ASSERT_EQ(time, CountDays(year, month, day) * 86400 * kSecond);
      }
      const auto none = ParseTimestampText(
          fmt::format("{:04}-{:02}-{:02}", year, month, LengthOf(year, month) + 1));
      ASSERT_EQ(none, std::nullopt);
    }
  }
}

// date -u -d '2026-01-05T10:20:30Z' +%s, and so on.
TEST(TimestampTest, KnowsPublishedTimes) {
  EXPECT_EQ(ParseTimestampText("2026-01-05T10:20:30Z"), 1767608430 * kSecond);
  EXPECT_EQ(ParseTimestampText("2026-01-05 10:20:30.1234567+0130"),
            1767608430 * kSecond - 5400 * kSecond + 123456);
  EXPECT_EQ(ParseTimestampText("2000-02-29"), 951782400 * kSecond);
  EXPECT_EQ(ParseTimestampText("1767608430"), 1767608430 * kSecond);
  EXPECT_EQ(ParseTimestampText("1767608430.1234569"), 1767608430123456);
  EXPECT_EQ(ParseTimestampText("1767608430123"), 1767608430123000);
  EXPECT_EQ(ParseTimestampText("1767608430123456"), 1767608430123456);
  EXPECT_EQ(ParseTimestampText("1767608430123456789"), 1767608430123456);
  EXPECT_EQ(ParseTimestampText("1.76760843e9"), 1767608430 * kSecond);
  EXPECT_EQ(ParseTimestampText("999999999999.9"), 999999999999900000);
}

TEST(TimestampTest, RefusesWhatTheRuleDoesNotAllow) {
  for (const char* text : {"",
                           " ",
                           "-1",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "0x10",
                           "nan",
                           "2026-01-05T",
                           "2026-01-05Z",
                           "2026-01-05T10",
                           "2026-01-05T10:20:60Z",
                           "2026-01-05T24:00",
                           "2026-02-29",
                           "2026-1-5",
                           "2026-01-05t10:20",
                           "2026-01-05T10:20z",
                           "2026-01-05T10:20+01",
                           "2026-01-05T10:20:30.Z",
                           "2026-01-05T10:20.5",
                           " 2026-01-05",
                           "2026-01-05 ",
                           "1 767 608",
                           "2026-01-05T10:20:30ZZ"}) {
    EXPECT_EQ(ParseTimestampText(text), std::nullopt) << text;
  }
}

TEST(TimestampTest, WholeNumbersAreWhatTheirDigitsAre) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10000; ++round) {
    const std::uint64_t number = random() >> (random() % 64);
    ASSERT_EQ(TimestampOf(number), SlowNumber(std::to_string(number))) << number;
  }
}

TEST(TimestampTest, ReadsTheTimesOfServerLogs) {
  EXPECT_EQ(ParseLogTimestamp("17/May/2025:10:05:03 +0000"),
            ParseTimestampText("2025-05-17T10:05:03Z"));
  EXPECT_EQ(ParseLogTimestamp("01/Dec/2025:23:59:59 -0730"),
            ParseTimestampText("2025-12-01T23:59:59-07:30"));
  for (const char* text : {"", "17/Mai/2025:10:05:03 +0000", "32/May/2025:10:05:03 +0000",
                           "17/May/2025:10:05:03", "17/May/2025:10:05:03 UTC", "17/May/2025"}) {
    EXPECT_EQ(ParseLogTimestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace weir::enrich
