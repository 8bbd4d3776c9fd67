#include "enrich/uap_rules.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::enrich {
namespace {

const std::string kHead =
    "user_agent_parsers:\n"
    "  # comment\n"
    "  - regex: '(It''s)/(\\d+)' # it is\n"
    "    family_replacement: 'It $1'\r\n"
    "os_parsers:\n"
    "  - regex: 'a'\n"
    "device_parsers:\n"
    "  - regex: 'b'\n"
    "    regex_flag: 'i'\n";

TEST(ReadUapRules, ReadsTheThreeLists) {
  const UapRules rules = ReadUapRules(kHead);

  ASSERT_EQ(rules.browsers.size(), 1U);
  EXPECT_EQ(rules.browsers[0].regex, "(It's)/(\\d+)");
  EXPECT_EQ(rules.browsers[0].line, 3U);
  EXPECT_EQ(rules.browsers[0].Replacement("family_replacement", "$1"), "It $1");
  EXPECT_EQ(rules.browsers[0].Replacement("v1_replacement", "$2"), "$2");
  EXPECT_FALSE(rules.systems.at(0).ignore_case);
  EXPECT_TRUE(rules.devices.at(0).ignore_case);
}

TEST(ReadUapRules, NamesTheLineOfAMistake) {
  for (const char* line : {"  - regex: \"x\"\n", "    colour: 'red'\n", "  - regex: 'open\n",
                           "  - regex: 'a' b\n", "nonsense\n"}) {
    try {
      ReadUapRules(kHead + line);
      FAIL() << line;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("line 10: found"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_THROW(ReadUapRules(""), UserError);
  EXPECT_THROW(ReadUapRules("user_agent_parsers:\n    regex_flag: 'i'\n"), UserError);
}

}  // namespace
}  // namespace weir::enrich
