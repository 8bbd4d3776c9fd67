#include "enrich/bots.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "enrich/reference.h"
#include "enrich/uap_tests.h"

namespace weir::enrich {
namespace {

using nlohmann::json;

void CheckInstances(const std::string& text) {
  const BotPatterns bots(text);
  int checked = 0;
  for (const json& entry : json::parse(text)) {
    for (const json& instance : entry.value("instances", json::array())) {
      EXPECT_TRUE(bots.Matches(instance.get<std::string>())) << instance;
      ++checked;
    }
  }
  EXPECT_GT(checked, 2000);
}

TEST(BotPatterns, MatchTheirOwnInstances) {
  CheckInstances(ReadFile(DepsFile("crawler-user-agents/crawler-user-agents.json")));
}

TEST(BotPatterns, MatchTheInstancesOfAnotherDay) {
  const auto file = SharedFile("crawler-user-agents/crawler-user-agents.json");
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "skipped: no " << file;
  }
  CheckInstances(ReadFile(file));
}

TEST(BotPatterns, LeaveOrdinaryBrowsersAlone) {
  const auto file = SharedFile("uap-core/tests/test_device.yaml");
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "skipped: no " << file;
  }
  const BotPatterns bots(ReadFile(DepsFile("crawler-user-agents/crawler-user-agents.json")));
  std::size_t browsers = 0;
  std::size_t matched = 0;
  for (const UapCase& one : ReadUapCases(file)) {
    if (one.at("family") != "Spider") {
      ++browsers;
      matched += bots.Matches(one.at("user_agent_string")) ? 1 : 0;
    }
  }
  std::cout << matched << " of " << browsers << " browsers match a bot pattern\n";
  EXPECT_LT(matched * 100, browsers);  // most are WhatsApp, whose link previews the list means
}

// Each pattern against each of its entry's instances and many others', by Node's RegExp.
TEST(BotPatterns, AgreeWithNode) {
  const std::string node = FindProgram("node");
  if (node.empty()) {
    GTEST_SKIP() << "skipped: no node here; scripts/setup.sh installs it";
  }
  const auto file = DepsFile("crawler-user-agents/crawler-user-agents.json");
  const BotPatterns bots(ReadFile(file));
  std::vector<std::string> agents = {"", "googlebot", "Mozilla/5.0", "BOT", "\xC3\xA9"};
  for (const json& entry : json::parse(ReadFile(file))) {
    for (const json& instance : entry.value("instances", json::array())) {
      const auto agent = instance.get<std::string>();
      agents.push_back(agent.substr(0, agent.size() / 2));
      agents.push_back("x" + agent.substr(agent.size() / 3));
    }
  }
  std::erase_if(agents, [](const std::string& agent) {
    return agent.find_first_of("\x80\xC3\xE2") != std::string::npos;
  });
  std::vector<std::string> questions;
  for (const std::string& agent : agents) {
    questions.push_back(json(agent).dump(-1, ' ', false, json::error_handler_t::replace));
  }

  const auto answers = AskScript(node, "bots_reference.mjs " + file.string(), questions);

  ASSERT_EQ(answers.size(), agents.size());
  for (std::size_t i = 0; i < agents.size(); ++i) {
    EXPECT_EQ(bots.Matches(agents[i]), answers[i] == "true") << agents[i];
  }
}

TEST(BotPatterns, NameABadEntry) {
  EXPECT_THROW(BotPatterns("{}"), UserError);
  EXPECT_THROW(BotPatterns("[]"), UserError);
  for (const char* text : {R"([{"pattern": "a"}, {"url": "b"}])", R"([{"pattern": "a"}, 7])",
                           R"([{"pattern": "a"}, {"pattern": "(b"}])"}) {
    try {
      BotPatterns{text};
      FAIL() << text;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("entry 2"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace weir::enrich
