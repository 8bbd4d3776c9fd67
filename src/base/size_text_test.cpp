#include "base/size_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ParseBytes, TakesUnitsOfPowersOf1024) {
  EXPECT_EQ(ParseBytes("1000"), 1000);
  EXPECT_EQ(ParseBytes("12B"), 12);
  EXPECT_EQ(ParseBytes("64KB"), 65'536);
  EXPECT_EQ(ParseBytes("64 KiB"), 65'536);
  EXPECT_EQ(ParseBytes("1.5 GB"), 1'610'612'736);
  EXPECT_EQ(ParseBytes("5kb"), 5'120);
  EXPECT_EQ(ParseBytes("2TiB"), 2'199'023'255'552);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "B", "KB", "-1", "0", "0.5", "12 bytes", "5k", "1.2.3MB", "5ib",
                           "1e3", "1 0", "9999999TB"}) {
    EXPECT_EQ(ParseBytes(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace weir
