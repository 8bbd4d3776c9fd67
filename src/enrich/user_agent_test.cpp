#include "enrich/user_agent.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "enrich/reference.h"
#include "enrich/uap_tests.h"

namespace weir::enrich {
namespace {

// By the rules that uap-core's tests belong to.
class UapCoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(SharedFile("uap-core/tests"))) {
      GTEST_SKIP() << "skipped: no " << SharedFile("uap-core/tests");
    }
  }

  static const UserAgentParser& Parser() {
    static const UserAgentParser kParser(ReadFile(SharedFile("uap-core/regexes.yaml")));
    return kParser;
  }

  // How many of the first 50 failures of a file `differs` reports; each is printed.
  template <typename Differs>
  static void Check(const char* file, std::size_t least, const Differs& differs) {
    const auto cases = ReadUapCases(SharedFile("uap-core") / file);
    EXPECT_GE(cases.size(), least);
    int failures = 0;
    for (const UapCase& one : cases) {
      const UserAgent agent = Parser().Parse(one.at("user_agent_string"));
      const std::string difference = differs(one, agent);
      if (!difference.empty() && ++failures < 50) {
        ADD_FAILURE() << one.at("user_agent_string") << "\n  " << difference;
      }
    }
  }

  static std::string Wanted(const UapCase& one, const char* key) {
    const auto found = one.find(key);
    return found == one.end() ? "" : found->second;
  }

  static std::string Browser(const UapCase& one, const UserAgent& agent) {
    const std::string wanted = Wanted(one, "family") + " " + Wanted(one, "major");
    const std::string got = agent.browser + " " + agent.browser_version;
    return got == wanted ? "" : "got " + got + ", wanted " + wanted;
  }

  static std::string System(const UapCase& one, const UserAgent& agent) {
    return agent.os == Wanted(one, "family")
               ? ""
               : "got " + agent.os + ", wanted " + Wanted(one, "family");
  }
};

TEST_F(UapCoreTest, BrowserFamiliesAndMajorVersions) {
  Check("tests/test_ua.yaml", 1500, Browser);
  Check("test_resources/firefox_user_agent_strings.yaml", 200, Browser);
  Check("test_resources/opera_mini_user_agent_strings.yaml", 100, Browser);
  Check("test_resources/podcasting_user_agent_strings.yaml", 50, Browser);
}

TEST_F(UapCoreTest, OperatingSystems) {
  Check("tests/test_os.yaml", 450, System);
  Check("test_resources/additional_os_tests.yaml", 10, System);
}

TEST_F(UapCoreTest, Spiders) {
  Check("tests/test_device.yaml", 16'000, [](const UapCase& one, const UserAgent& agent) {
    const bool wanted = Wanted(one, "family") == "Spider";
    return agent.is_spider == wanted ? std::string() : fmt::format("Spider is {}", wanted);
  });
}

TEST(UserAgentParser, TakesTheRulesThatWeirComesWith) {
  const UserAgentParser parser(ReadFile(DepsFile("uap-core/regexes.yaml")));

  const UserAgent agent = parser.Parse(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0");

  EXPECT_EQ(agent, (UserAgent{.browser = "Firefox",
                              .browser_version = "128",
                              .os = "Windows",
                              .device_type = "desktop",
                              .is_spider = false}));
  EXPECT_EQ(parser.Parse(""), (UserAgent{.browser = "Other",
                                         .browser_version = "",
                                         .os = "Other",
                                         .device_type = "other",
                                         .is_spider = false}));
}

TEST(UserAgentParser, FillsReplacementsInAndTakesTheFirstRule) {
  const UserAgentParser parser(
      "user_agent_parsers:\n"
      "  - regex: '(Fo+)/(\\d+)'\n"
      "    family_replacement: ' $1 of $9$ '\n"
      "  - regex: 'Foo'\n"
      "    family_replacement: 'Second'\n"
      "    v1_replacement: '7'\n"
      "os_parsers:\n"
      "  - regex: '(Linux|Win)'\n"
      "device_parsers:\n"
      "  - regex: 'spidey'\n"
      "    regex_flag: 'i'\n"
      "    device_replacement: 'Spider'\n");

  EXPECT_EQ(parser.Parse("Foo/12").browser, "Foo of $");
  EXPECT_EQ(parser.Parse("Foo/12").browser_version, "12");
  EXPECT_EQ(parser.Parse("xFoo").browser, "Second");
  EXPECT_EQ(parser.Parse("xFoo").browser_version, "7");
  EXPECT_EQ(parser.Parse("Win Linux").os, "Win");
  EXPECT_TRUE(parser.Parse("a SPIDEY").is_spider);
  EXPECT_EQ(parser.Parse(std::string(kMaxUserAgentBytes, ' ') + "Foo/12").browser, "Other");
}

TEST(UserAgentParser, NamesTheLineOfABadRegex) {
  try {
    UserAgentParser(
        "user_agent_parsers:\n  - regex: 'a'\n  - regex: '(?=b)'\nos_parsers:\n  - regex: 'a'\n"
        "device_parsers:\n  - regex: 'a'\n");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("line 3: '(?=b)'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace weir::enrich
