#include "world/user_agents.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

namespace weir::world {
namespace {

// The patterns of crawler-user-agents, or none where the set is missing.
std::vector<std::unique_ptr<RE2>> CrawlerPatterns() {
  const auto path =
      std::filesystem::path(WEIR_SHARED_DATA) / "crawler-user-agents" / "crawler-user-agents.json";
  std::ifstream file(path);
  std::vector<std::unique_ptr<RE2>> patterns;
  if (!file) {
    std::cout << "skipped: " << path << " is missing\n";
    return patterns;
  }
  for (const auto& entry : nlohmann::json::parse(file)) {
    patterns.push_back(std::make_unique<RE2>(entry["pattern"].get<std::string>()));
  }
  return patterns;
}

bool IsCrawler(const std::vector<std::unique_ptr<RE2>>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::unique_ptr<RE2>& pattern) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
  });
}

TEST(UserAgents, OnlyCrawlersAreKnownAsCrawlers) {
  const auto patterns = CrawlerPatterns();
  if (patterns.empty()) {
    return;
  }

  for (const UserAgent& agent : UserAgents()) {
    EXPECT_FALSE(IsCrawler(patterns, agent.text)) << agent.text;
  }
  for (const std::string_view crawler : CrawlerUserAgents()) {
    EXPECT_TRUE(IsCrawler(patterns, crawler)) << crawler;
  }
}

TEST(UserAgents, ArePickedByTheirWeights) {
  std::map<std::uint8_t, std::uint32_t> counts;
  constexpr std::uint32_t kDraws = 1 << 16;

  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    ++counts[PickUserAgent(DeviceType::kTablet, draw << 16)];
  }

  ASSERT_EQ(counts.size(), 2U);
  for (const auto& [index, count] : counts) {
    EXPECT_EQ(UserAgents()[index].type, DeviceType::kTablet);
    EXPECT_NEAR(count, kDraws * UserAgents()[index].weight / 100.0, 2);
  }
}

}  // namespace
}  // namespace weir::world
