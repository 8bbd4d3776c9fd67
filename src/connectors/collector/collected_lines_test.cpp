#include "connectors/collector/collected_lines.h"

#include <chrono>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/test_seed.h"
#include "connectors/collector/cookies.h"
#include "connectors/collector/rate_limit.h"

namespace weir::connectors {
namespace {

const SenderFacts kSender{
    .ts = "2026-01-05T10:00:00Z", .uid = "u1", .user_agent = "Agent \"7\"", .ip = "203.0.113.7"};

// What a slow reader, which looks at the whole object, makes of a line.
nlohmann::json Expected(nlohmann::json line) {
  const auto lacks = [&](const char* name) { return !line.contains(name) || line[name].is_null(); };
  if (lacks("ts")) {
    line["ts"] = kSender.ts;
  }
  if (lacks("uid")) {
    line["uid"] = kSender.uid;
    line["ua"] = lacks("ua") ? nlohmann::json(kSender.user_agent) : line["ua"];
    line["ip"] = lacks("ip") ? nlohmann::json(kSender.ip) : line["ip"];
  }
  return line;
}

TEST(CollectedLines, GetWhatTheyLackAndKeepWhatTheyHave) {
  const std::uint64_t seed = TestSeed();
  std::mt19937_64 source(seed);
  const std::vector<std::pair<std::string, nlohmann::json>> fields = {
      {"ts", 1'767'600'000},  {"uid", "x"},         {"ua", "own \" \\ agent"},
      {"ip", "198.51.100.4"}, {"url", "https://a"}, {"nested", {{"uid", "inner"}, {"ts", "}"}}}};
  for (int round = 0; round < 2000; ++round) {
    std::string body;
    std::vector<nlohmann::json> wanted;
    const std::size_t count = 1 + source() % 5;
    for (std::size_t i = 0; i < count; ++i) {
      nlohmann::json line = nlohmann::json::object();
      for (const auto& [name, value] : fields) {
        if (source() % 2 == 0) {
          line[name] = source() % 4 == 0 ? nlohmann::json() : value;
        }
      }
      wanted.push_back(Expected(line));
      body += source() % 3 == 0 ? " \t" + line.dump() + " " : line.dump();
      body += i + 1 < count || source() % 2 == 0 ? "\n" : "";
    }
    const CollectedLines lines = CollectEvents(body, kSender);
    ASSERT_EQ(lines.count, count) << body;
    std::istringstream text(lines.text);
    std::vector<nlohmann::json> found;
    for (std::string line; std::getline(text, line);) {
      found.push_back(nlohmann::json::parse(line));
    }
    ASSERT_EQ(found, wanted) << "seed " << seed << "\n" << body;
    ASSERT_TRUE(lines.text.ends_with('\n'));
  }
}

TEST(CollectedLines, ThatAreTooLongWithTheirSendersFactsAreRefused) {
  const auto with = [](std::size_t bytes) {
    const std::string frame = R"({"uid":"1","ts":1,"x":""})";
    return frame.substr(0, frame.size() - 2) + std::string(bytes - frame.size(), 'x') + "\"}";
  };
  EXPECT_EQ(CollectEvents(with(65'536), kSender).count, 1U);
  EXPECT_THROW(CollectEvents(with(65'537), kSender), UserError);
  const std::string lacking = R"({"x":")" + std::string(65'500, 'x') + "\"}";
  EXPECT_THROW(CollectEvents(lacking, kSender), UserError);
}

TEST(CollectedLines, OfMappingsNeedTheSendersOwnIds) {
  const std::string good = R"({"ids":[{"party":"st","id":"1"},{"party":"af","id":"2"}]})";
  EXPECT_EQ(CollectMappings(good, "st", "T").text,
            R"({"ids":[{"party":"st","id":"1"},{"party":"af","id":"2"}],"ts":"T"})"
            "\n");
  const std::string without =
      R"({"ts":null,"ids":[{"party":"st","id":"1"},{"party":"af","id":"2"}]})";
  EXPECT_EQ(nlohmann::json::parse(CollectMappings(without, "st", "T").text).at("ts"), "T");
  EXPECT_THROW(CollectMappings(good, "tt", "T"), UserError);
  for (const char* bad : {R"({"ids":[{"party":"st","id":"1"}]})", R"({"ids":{}})", "{}",
                          R"({"ids":[{"party":"st","id":1},{"party":"af","id":"2"}]})"}) {
    EXPECT_THROW(CollectMappings(bad, "st", "T"), UserError) << bad;
  }
}

TEST(Cookies, AreReadAsBrowsersSendThem) {
  using Cookies = std::map<std::string, std::string>;
  EXPECT_EQ(ParseCookies("a=1; b=x=y;c= 3 ; a=2; d"),
            (Cookies{{"a", "1"}, {"b", "x=y"}, {"c", "3"}}));
  EXPECT_EQ(ParseCookies(""), Cookies{});
  EXPECT_EQ(ParseCookies(";;="), (Cookies{{"", ""}}));
}

TEST(Cookies, SayHowTheyAreKept) {
  EXPECT_EQ(SetCookie("id", "5", {.domain = "", .same_site = "None", .secure = true, .days = 1}),
            "id=5; Path=/; Max-Age=86400; HttpOnly; SameSite=None; Secure");
  EXPECT_EQ(
      SetCookie("id", "5", {.domain = "a.example", .same_site = "Lax", .secure = false, .days = 2}),
      "id=5; Path=/; Max-Age=172800; Domain=a.example; HttpOnly; SameSite=Lax");
}

TEST(RateLimit, LetsSoManyPassAndTwiceAsManyAtOnce) {
  RateLimit limit(10);
  const auto start = RateLimit::Clock::now();
  const auto passed = [&](std::chrono::milliseconds at, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i) {
      count += limit.Allows("203.0.113.7", start + at) ? 1 : 0;
    }
    return count;
  };
  using std::chrono::milliseconds;
  EXPECT_EQ(passed(milliseconds(0), 100), 20);
  EXPECT_EQ(passed(milliseconds(500), 100), 5);
  EXPECT_EQ(passed(milliseconds(400), 100), 0) << "time that goes back fills nothing";
  EXPECT_EQ(passed(milliseconds(60'000), 100), 20);
  EXPECT_TRUE(limit.Allows("203.0.113.8", start)) << "another client's limit counts";
  RateLimit none(0);
  EXPECT_TRUE(none.Allows("203.0.113.7", start) && none.Allows("203.0.113.7", start));
}

}  // namespace
}  // namespace weir::connectors
