#include "base/run_id.h"

#include <cstdlib>
#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(NewRunId, BeginsWithTheTime) {
  setenv("WEIR_NOW", "2026-01-02T03:04:05.678901Z", 1);
  const std::string id = NewRunId();
  unsetenv("WEIR_NOW");

  EXPECT_TRUE(std::regex_match(id, std::regex("20260102T030405678901-[0-9a-f]{16}"))) << id;
}

TEST(NewRunId, NeverRepeats) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(NewRunId());
  }
  EXPECT_EQ(ids.size(), 1000U);
}

TEST(NewUuid, IsARandomUuidOfVersionFour) {
  const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewUuid();
    ASSERT_TRUE(std::regex_match(id, shape)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace weir
