#include "base/percent.h"

#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir {
namespace {

TEST(PercentEncode, KeepsOnlyUnreservedBytes) {
  EXPECT_EQ(PercentEncode("aZ09-_.~"), "aZ09-_.~");
  EXPECT_EQ(PercentEncode("a b/c%d=é"), "a%20b%2Fc%25d%3D%C3%A9");
  EXPECT_EQ(PercentEncode("a b/c", "/"), "a%20b/c");
}

TEST(PercentDecode, LeavesWhatIsNoEscape) {
  EXPECT_EQ(PercentDecode("100%"), "100%");
  EXPECT_EQ(PercentDecode("%4"), "%4");
  EXPECT_EQ(PercentDecode("%zz%-1%+1"), "%zz%-1%+1");
  EXPECT_EQ(PercentDecode("%41%6a%4A"), "AjJ");
  EXPECT_EQ(PercentDecode("%%41"), "%A");
}

TEST(PercentDecode, UndoesPercentEncodeForAnyBytes) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    ASSERT_EQ(PercentDecode(PercentEncode(bytes)), bytes);
    ASSERT_EQ(PercentDecode(PercentEncode(bytes, "/=")), bytes);
  }
}

}  // namespace
}  // namespace weir
