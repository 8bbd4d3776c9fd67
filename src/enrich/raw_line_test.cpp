// JSON lines against nlohmann::json, which reads them slowly and by the same standard.
#include "enrich/raw_line.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_seed.h"
#include "enrich/access_log.h"
#include "enrich/json_fields.h"
#include "enrich/json_numbers.h"
#include "enrich/reference.h"
#include "enrich/timestamp.h"

namespace weir::enrich {
namespace {

using nlohmann::json;

constexpr Micros kArrival = 1767700000000000;  // 2026-01-06

LineParser RawParser(std::string party = "af", LineFormat format = LineFormat::kRawEvent) {
  return {{.format = format, .party = std::move(party), .base_url = "https://example.org"},
          kArrival};
}

std::string VerdictOf(const std::string& line, LineFormat format = LineFormat::kRawEvent) {
  LineParser parser = RawParser("af", format);
  RawLine parsed;
  const LineFault fault = parser.Parse(line, parsed);
  return std::string(NameOf(fault.verdict)) +
         (fault.field.empty() ? "" : " " + std::string(fault.field));
}

TEST(RawLineTest, TheFirstFaultDecides) {
  const std::string good = R"({"ts":1767608430,"uid":"u","url":"http://a.b/"})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {good, "good"},
      {good + "\r", "good"},
      {"", "not_json"},
      {"\r", "not_json"},
      {" ", "not_json"},
      {"{", "not_json"},
      {"[]", "not_json"},
      {"17", "not_json"},
      {"null", "not_json"},
      {good + " x", "not_json"},
      {good + good, "not_json"},
      {"{\"a\":\"\xff\"", "invalid_utf8"},
      {"\xff", "invalid_utf8"},
      {"{\"a\":\"\xed\xa0\x80\"}", "invalid_utf8"},
      {"{}", "missing_field ts"},
      {R"({"ts":"","uid":"","url":"x"})", "missing_field ts"},
      {R"({"ts":true,"uid":"u","url":"x"})", "missing_field ts"},
      {R"({"ts":"x","url":"x"})", "missing_field uid"},
      {R"({"ts":1767608430,"uid":7,"url":"x"})", "missing_field uid"},
      {R"({"ts":1767608430,"uid":null,"url":"x"})", "missing_field uid"},
      {R"({"ts":1767608430,"uid":"","url":"x"})", "good"},
      {R"({"ts":1767608430,"uid":"u","url":""})", "missing_field url"},
      {R"({"ts":1767608430,"uid":"u","url":["x"]})", "missing_field url"},
      {R"({"ts":"yesterday","uid":"u","url":"x"})", "bad_timestamp ts"},
      {R"({"ts":946684799,"uid":"u","url":"x"})", "bad_timestamp ts"},
      {R"({"ts":946684800,"uid":"u","url":"x"})", "good"},
      {R"({"ts":-1,"uid":"u","url":"x"})", "bad_timestamp ts"},
      {R"({"ts":1767786400.000000,"uid":"u","url":"x"})", "good"},
      {R"({"ts":1767786400.000001,"uid":"u","url":"x"})", "future_timestamp ts"},
      {R"({"ts":123456789012345678901234567890,"uid":"u","url":"x"})", "future_timestamp ts"},
      {R"({"ts":1e999,"uid":"u","url":"x"})", "future_timestamp ts"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":[1e999,-123456789012345678901234567890]})",
       "good"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":01})", "not_json"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":1.})", "not_json"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":"\ud800"})", "not_json"},
      {R"({"ts":1767608430,"uid":"u","url":"x","\udc00":1})", "not_json"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":"\ud83d\ude00 \\ud800"})", "good"},
      {R"({"ts":1767608430,"uid":"u","url":"x","z":"\ude00\ud83d"})", "not_json"},
      {R"({"Ts":1767608430,"uid":"u","url":"x"})", "missing_field ts"},
      {R"({"ts":"x","uid":"u","url":"x","ts":1767608430})", "good"},
      {R"({"ts":1767608430,"uid":"u","url":"x","ts":null})", "missing_field ts"},
      {R"({"\u0074s":1767608430.5,"uid":"u","url":"x"})", "good"},
      {std::string(65537, ' '), "line_too_long"},
      {std::string(65536, ' ') + "\r", "not_json"},
      {std::string(65537, '\xff'), "line_too_long"},
      {good.substr(0, good.size() - 1) + ",\"z\":" + std::string(32000, '[') +
           std::string(32000, ']') + "}",
       "good"},
  };
  for (const auto& [line, expected] : cases) {
    EXPECT_EQ(VerdictOf(line), expected) << line.substr(0, 200);
  }
}

TEST(RawLineTest, MappingEventsNeedTwoWellFormedIds) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([{"party":"st","id":"1"},{"party":"tt","id":""}])", "good"},
      {R"([{"party":"st","id":"1"}])", "missing_field ids"},
      {R"([])", "missing_field ids"},
      {R"("x")", "missing_field ids"},
      {R"([{"party":"st","id":"1"},{"party":"","id":"2"}])", "missing_field ids"},
      {R"([{"party":"st","id":"1"},{"id":"2"}])", "missing_field ids"},
      {R"([{"party":"st","id":"1"},{"party":"tt","id":2}])", "missing_field ids"},
      {R"([{"party":"st","id":"1"},{"party":"tt"}])", "missing_field ids"},
      {R"([{"party":"st","id":"1"},"tt",{"party":"tt","id":"2"}])", "missing_field ids"},
  };
  for (const auto& [ids, expected] : cases) {
    EXPECT_EQ(VerdictOf(R"({"ts":1767608430,"ids":)" + ids + "}", LineFormat::kRawMapping),
              expected)
        << ids;
  }
  EXPECT_EQ(VerdictOf(R"({"ids":[]})", LineFormat::kRawMapping), "missing_field ts");
}

TEST(RawLineTest, ValuesAreTyped) {
  LineParser parser = RawParser();
  RawLine parsed;
  const std::string line =
      R"({"ts":"2026-01-05T10:20:30Z","uid":"ü\u0041","url":" http://a.b ","referrer":"r","ua":"agent","ip":"1.2.3.4","event":"ADD_Über_ÄÖÜ_and_something_very_long_here","tc":"C","pixel_id":12.0,"order_id":"o","order_value":3,"currency":"EUR","country":"us"})";

  ASSERT_EQ(parser.Parse(line, parsed).verdict, Verdict::kGood);

  EXPECT_EQ(parsed.ts, ParseTimestampText("2026-01-05T10:20:30Z"));
  EXPECT_EQ(parsed.uid, "üA");
  EXPECT_EQ(parsed.url, " http://a.b ");
  EXPECT_EQ(parsed.event, "add_über_äöü_and_something_very_");
  EXPECT_EQ(parsed.pixel_id, 12);
  EXPECT_EQ(parsed.order_value, 3.0);
  EXPECT_EQ(parsed.currency, "EUR");
  EXPECT_EQ(parsed.country, "");  // a first party's events have none
  const std::string wrong =
      R"({"ts":1767608430,"uid":"u","url":"x","event":5,"pixel_id":12.5,"order_id":7,"order_value":"3","ip":1,"referrer":null})";
  ASSERT_EQ(parser.Parse(wrong, parsed).verdict, Verdict::kGood);
  EXPECT_EQ(parsed.event, "page_view");
  EXPECT_EQ(parsed.pixel_id, std::nullopt);
  EXPECT_EQ(parsed.order_value, std::nullopt);
  EXPECT_EQ(parsed.order_id, "");
  EXPECT_EQ(parsed.ip, "");
  LineParser third = RawParser("st");
  ASSERT_EQ(third.Parse(line, parsed).verdict, Verdict::kGood);
  EXPECT_EQ(parsed.country, "US");
  EXPECT_EQ(parsed.pixel_id, std::nullopt);
}

TEST(RawLineTest, TimesInNumbersAreExact) {
  for (const char* number :
       {"1767608430.123456", "1767608430.123457", "1767608430.999999", "1767608430123.456",
        "1.767608430123457e9", "1767608430123456.9", "1767608430123456789"}) {
    LineParser parser = RawParser();
    RawLine parsed;
    const std::string line =
        fmt::format(R"({{"z":[{{"ts":1}}],"ts": {} ,"uid":"u","url":"x"}})", number);
    ASSERT_EQ(parser.Parse(line, parsed).verdict, Verdict::kGood) << line;
    EXPECT_EQ(parsed.ts, ParseTimestampText(number)) << number;
  }
}

// A JSON value of any kind, as text.
std::string RandomJson(std::mt19937_64& random, int depth) {
  constexpr std::array<const char*, 22> kPlain = {"null",
                                                  "true",
                                                  "false",
                                                  "0",
                                                  "-0",
                                                  "12.0",
                                                  "1e2",
                                                  "-1.5E-3",
                                                  "18446744073709551615",
                                                  "1767608430.25",
                                                  "\"\"",
                                                  "\"a\"",
                                                  "\"\\u00e9\\n\"",
                                                  "\"\\ud83d\\ude00\"",
                                                  "\"1767608430\"",
                                                  "\"2026-01-05\"",
                                                  "\"ü\"",
                                                  "tru",
                                                  "\"\\x\"",
                                                  "01",
                                                  "\"\\ud800\"",
                                                  "\"\t\""};
  const std::uint64_t kind = random() % 10;
  if (kind > 1 || depth == 0) {
    return kPlain.at(random() % (random() % 20 == 0 ? 22 : 17));
  }
  std::string text;
  for (std::uint64_t left = random() % 3; left > 0; --left) {
    text += (text.empty() ? "" : ",") + (kind == 0 ? std::string() : std::string("\"k\":")) +
            RandomJson(random, depth - 1);
  }
  return kind == 0 ? "[" + text + "]" : "{" + text + "}";
}

std::string RandomLine(std::mt19937_64& random) {
  constexpr std::array<const char*, 14> kNames = {
      "ts", "uid",      "url",      "referrer",    "ua",       "ip", "event",
      "tc", "pixel_id", "order_id", "order_value", "currency", "z",  "\\u0075id"};
  std::string line = R"({"ts":1767608430,"uid":"u","url":"http://a.b")";
  for (std::uint64_t left = random() % 6; left > 0; --left) {
    line += fmt::format(",\"{}\":{}", kNames.at(random() % kNames.size()), RandomJson(random, 3));
  }
  line += "}";
  if (random() % 10 == 0) {
    line[random() % line.size()] = static_cast<char>(random());
  }
  return line;
}

// What nlohmann reads, if that is an object. Throws json::out_of_range for a number that is JSON
// but no double, which it refuses.
std::optional<json> SlowRead(const std::string& line) {
  try {
    json object = json::parse(line);
    return object.is_object() ? std::optional(std::move(object)) : std::nullopt;
  } catch (const json::parse_error&) {
    return std::nullopt;
  }
}

bool HasNumberBeyondDouble(const std::string& line) {
  try {
    SlowRead(line);
    return false;
  } catch (const json::out_of_range&) {
    return true;
  }
}

std::string SlowText(const json& object, const char* name) {
  return object.contains(name) && object.at(name).is_string() ? object.at(name).get<std::string>()
                                                              : "";
}

std::optional<double> SlowDouble(const json& object, const char* name) {
  return object.contains(name) && object.at(name).is_number()
             ? std::optional(object.at(name).get<double>())
             : std::nullopt;
}

// Integers of 64 bits, and other numbers that are whole and no greater than doubles tell apart.
std::optional<std::int64_t> SlowInteger(const json& object, const char* name) {
  const auto number = SlowDouble(object, name);
  constexpr double kExact = 9007199254740992;
  if (!number) {
    return std::nullopt;
  }
  if (object.at(name).is_number_unsigned()) {
    const auto whole = object.at(name).get<std::uint64_t>();
    return whole <= std::numeric_limits<std::int64_t>::max()
               ? std::optional(static_cast<std::int64_t>(whole))
               : std::nullopt;
  }
  if (object.at(name).is_number_integer()) {
    return object.at(name).get<std::int64_t>();
  }
  const bool is_whole = std::abs(*number) <= kExact && std::trunc(*number) == *number;
  return is_whole ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

TEST(RawLineTest, RandomLinesAreReadAsNlohmannReadsThem) {
  std::mt19937_64 random(TestSeed());
  LineParser parser = RawParser();
  int read = 0;
  for (int round = 0; round < TestRounds() * 1000; ++round) {
    const std::string line = RandomLine(random);
    if (HasNumberBeyondDouble(line)) {
      continue;
    }
    const auto expected = SlowRead(line);
    RawLine parsed;
    const Verdict verdict = parser.Parse(line, parsed).verdict;
    const bool is_json = verdict != Verdict::kNotJson && verdict != Verdict::kInvalidUtf8;
    ASSERT_EQ(is_json, expected.has_value()) << line;
    if (!is_json) {
      ASSERT_EQ(verdict == Verdict::kInvalidUtf8, !IsUtf8(line)) << line;
      continue;
    }
    ++read;
    EXPECT_EQ(parsed.uid, SlowText(*expected, "uid")) << line;
    EXPECT_EQ(parsed.url, SlowText(*expected, "url")) << line;
    EXPECT_EQ(parsed.consent, SlowText(*expected, "tc")) << line;
    EXPECT_EQ(parsed.order_id, SlowText(*expected, "order_id")) << line;
    EXPECT_EQ(parsed.order_value, SlowDouble(*expected, "order_value")) << line;
    EXPECT_EQ(parsed.pixel_id, SlowInteger(*expected, "pixel_id")) << line;
    const json ts = expected->value("ts", json());
    const bool has_ts = ts.is_number() || (ts.is_string() && !ts.get<std::string>().empty());
    const bool has_uid = expected->value("uid", json()).is_string();
    const bool has_url = !SlowText(*expected, "url").empty();
    EXPECT_EQ(verdict == Verdict::kMissingField, !has_ts || !has_uid || !has_url) << line;
  }
  EXPECT_GT(read, TestRounds() * 100);
}

TEST(RawLineTest, ReadsWhatShareThisDelivers) {
  LineParser parser = RawParser("st", LineFormat::kShareThis);
  RawLine parsed;
  const std::string line =
      R"({"standardTimestamp":"2026-01-05T10:20:30.5Z","estid":"e1","url":"http://a.b/","query":"q","ip":"1.2.3.4","userAgent":"agent","refDomain":"c.d","mappedEvent":"page view","geo":"DE"})";
  ASSERT_EQ(parser.Parse(line, parsed).verdict, Verdict::kGood);
  EXPECT_EQ(parsed.uid, "e1");
  EXPECT_EQ(parsed.event, "page_view");
  EXPECT_EQ(parsed.referrer, "https://c.d");
  EXPECT_EQ(parsed.user_agent, "agent");
  EXPECT_EQ(parsed.country, "DE");
  ASSERT_EQ(
      parser
          .Parse(R"({"standardTimestamp":1767608430,"estid":"e1","url":"u","mappedEvent":"IBL"})",
                 parsed)
          .verdict,
      Verdict::kGood);
  EXPECT_EQ(parsed.event, "ibl");
  EXPECT_EQ(parser.Parse(R"({"estid":"e1"})", parsed).field, "standardTimestamp");
}

TEST(RawLineTest, ReadsWhat33AcrossDelivers) {
  LineParser parser = RawParser("tt", LineFormat::kAcross33);
  RawLine parsed;
  ASSERT_EQ(
      parser.Parse("1767608430123\tc1\thttp://a.b/\t\t1.2.3.4\tagent x\tfr\r", parsed).verdict,
      Verdict::kGood);
  EXPECT_EQ(parsed.ts, 1767608430123000);
  EXPECT_EQ(parsed.uid, "c1");
  EXPECT_EQ(parsed.referrer, "");
  EXPECT_EQ(parsed.user_agent, "agent x");
  EXPECT_EQ(parsed.country, "FR");
  EXPECT_EQ(VerdictOf("1767608430123\t\thttp://a.b/", LineFormat::kAcross33), "good");
  EXPECT_EQ(VerdictOf("1767608430123", LineFormat::kAcross33), "missing_field uid");
  EXPECT_EQ(VerdictOf("\tc1\thttp://a.b/", LineFormat::kAcross33), "missing_field ts");
  EXPECT_EQ(VerdictOf("1767608430123\tc1\t\tx", LineFormat::kAcross33), "missing_field url");
  EXPECT_EQ(VerdictOf("soon\tc1\tu", LineFormat::kAcross33), "bad_timestamp ts");
  EXPECT_EQ(VerdictOf("", LineFormat::kAcross33), "not_json");
  EXPECT_EQ(VerdictOf("\xff", LineFormat::kAcross33), "invalid_utf8");
}

TEST(RawLineTest, ReadsTheLogsOfWebServers) {
  LineParser parser = RawParser("af", LineFormat::kAccessLog);
  RawLine parsed;
  const std::string line =
      R"(83.149.9.216 - - [17/May/2025:10:05:03 +0000] "GET /a/b?c=d HTTP/1.1" 200 20 "http://e.f/" "A \"quoted\" agent")";
  ASSERT_EQ(parser.Parse(line, parsed).verdict, Verdict::kGood);
  EXPECT_EQ(parsed.url, "https://example.org/a/b?c=d");
  EXPECT_EQ(parsed.referrer, "http://e.f/");
  EXPECT_EQ(parsed.user_agent, "A \"quoted\" agent");
  EXPECT_EQ(parsed.ip, "83.149.9.216");
  EXPECT_EQ(parsed.uid.size(), 32U);
  EXPECT_EQ(VerdictOf("x", LineFormat::kAccessLog), "missing_field time");
  EXPECT_EQ(VerdictOf("h - - [17/May/2025:10:05:03 +0000] \"", LineFormat::kAccessLog),
            "missing_field request");
  EXPECT_EQ(VerdictOf("h - - [now] \"GET / H\" 1 1 \"-\" \"-\"", LineFormat::kAccessLog),
            "bad_timestamp time");
  EXPECT_EQ(VerdictOf("h - - [17/May/2025:10:05:03 +0000] \"GET / H\" 1 1", LineFormat::kAccessLog),
            "missing_field referrer");
}

// As a regular expression of the format says: all but line 8899, which was cut in its last text.
TEST(RawLineTest, ReadsEveryLineOfARealLog) {
  const std::filesystem::path file = SharedFile("apache-logs/apache_logs");
  if (!std::filesystem::exists(file)) {
    std::cout << "skipped: " << file << " is missing\n";
    return;
  }
  LineParser parser = RawParser("af", LineFormat::kAccessLog);
  std::istringstream lines(ReadFile(file));
  int good = 0;
  int all = 0;
  for (std::string line; std::getline(lines, line); ++all) {
    RawLine parsed;
    good += parser.Parse(line, parsed).verdict == Verdict::kGood ? 1 : 0;
  }
  EXPECT_EQ(all, 10012);
  EXPECT_EQ(good, 10011);
}

}  // namespace
}  // namespace weir::enrich
