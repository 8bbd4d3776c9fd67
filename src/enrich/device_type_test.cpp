#include "enrich/device_type.h"

#include <gtest/gtest.h>

#include "enrich/reference.h"
#include "enrich/user_agent.h"

namespace weir::enrich {
namespace {

TEST(DeviceType, IsWhatPeopleSayOfKnownDevices) {
  const UserAgentParser parser(ReadFile(DepsFile("uap-core/regexes.yaml")));
  std::ifstream file(std::filesystem::path(WEIR_TEST_SCRIPTS) / "device_types.tsv");
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      continue;
    }
    EXPECT_EQ(parser.Parse(line.substr(tab + 1)).device_type, line.substr(0, tab)) << line;
    ++checked;
  }
  EXPECT_GE(checked, 60);
}

TEST(DeviceType, ASpiderIsABotWhateverItNames) {
  EXPECT_EQ(DeviceType("iPad PlayStation", "iOS", "Spider"), "bot");
}

}  // namespace
}  // namespace weir::enrich
