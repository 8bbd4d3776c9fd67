#include "enrich/user_agent_cache.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

const char* const kRules =
    "user_agent_parsers:\n  - regex: '(Foo)/(\\d+)'\n"
    "os_parsers:\n  - regex: '(Linux)'\n"
    "device_parsers:\n  - regex: 'spidey'\n    device_replacement: 'Spider'\n";

TEST(UserAgentCache, AnswersAsItsPartsDo) {
  const UserAgentParser parser(kRules);
  const BotPatterns bots(R"([{"pattern": "[Bb]ot"}])");
  std::mt19937_64 random(TestSeed());
  for (const std::size_t capacity : {2, 10, 1000}) {
    UserAgentCache cache(parser, bots, capacity);
    for (int i = 0; i < 2000; ++i) {
      const char* more[] = {"", " Linux", " spidey", " Bot"};
      const std::string text = fmt::format("Foo/{}{}", random() % 20, more[random() % 4]);

      const UserAgentVerdict& verdict = cache.Look(text);

      ASSERT_EQ(verdict.agent, parser.Parse(text)) << text;
      ASSERT_EQ(verdict.is_bot, text.ends_with("spidey") || text.ends_with("Bot")) << text;
    }
  }
}

}  // namespace
}  // namespace weir::enrich
