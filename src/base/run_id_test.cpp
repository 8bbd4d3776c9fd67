#include "base/run_id.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace weir {
namespace {

// Whether `id` is `shape`, where 'x' stands for any lower-case hex digit.
bool HasShape(std::string_view id, std::string_view shape) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  return std::ranges::equal(id, shape, [&](char letter, char wanted) {
    return wanted == 'x' ? kHexDigits.find(letter) != std::string_view::npos : letter == wanted;
  });
}

TEST(NewRunId, BeginsWithTheTime) {
  setenv("WEIR_NOW", "2026-01-02T03:04:05.678901Z", 1);
  const std::string id = NewRunId();
  unsetenv("WEIR_NOW");

  EXPECT_TRUE(HasShape(id, "20260102T030405678901-xxxxxxxxxxxxxxxx")) << id;
}

TEST(NewRunId, NeverRepeats) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(NewRunId());
  }
  EXPECT_EQ(ids.size(), 1000U);
}

TEST(NewUuid, IsARandomUuidOfVersionFour) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    std::string id = NewUuid();
    ASSERT_EQ(id.size(), 36U);
    ASSERT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos) << id;
    ids.insert(id);
    id[19] = '8';
    ASSERT_TRUE(HasShape(id, "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx")) << id;
  }
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace weir
