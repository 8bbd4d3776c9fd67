#include "base/nearest_name.h"

#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

const std::vector<std::string> kCommands = {"table", "sql", "version", "doctor", "new"};

TEST(NearestName, FindsWhatWasMeant) {
  EXPECT_EQ(NearestName("tabel", kCommands), "table");
  EXPECT_EQ(NearestName("sq", kCommands), "sql");
  EXPECT_EQ(NearestName("VERSION", kCommands), "version");
  EXPECT_EQ(NearestName("docter", kCommands), "doctor");
}

TEST(NearestName, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(NearestName("graph", kCommands), std::nullopt);
  EXPECT_EQ(NearestName("", kCommands), std::nullopt);
  EXPECT_EQ(NearestName("table", {}), std::nullopt);
}

TEST(NearestName, TakesTheFirstOfEquals) {
  const std::vector<std::string> known = {"cat", "car"};
  EXPECT_EQ(NearestName("cap", known), "cat");
}

TEST(NearestName, CountsASwapOfNeighboursAsOneEdit) {
  const std::vector<std::string> known = {"abc"};
  EXPECT_EQ(NearestName("acb", known), "abc");
  EXPECT_EQ(NearestName("cab", known), std::nullopt);
}

TEST(DidYouMean, EndsAMessage) {
  EXPECT_EQ(DidYouMean("tabel", kCommands), "; did you mean 'table'?");
  EXPECT_EQ(DidYouMean("graph", kCommands), "");
}

}  // namespace
}  // namespace weir
