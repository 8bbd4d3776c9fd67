#include "base/int128.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Int128Text, HoldsTheWholeRange) {
  const Int128 greatest = static_cast<Int128>(~UnsignedInt128{0} >> 1);

  EXPECT_EQ(ToText(greatest), "170141183460469231731687303715884105727");
  EXPECT_EQ(ToText(-greatest - 1), "-170141183460469231731687303715884105728");
  EXPECT_EQ(ToText(Int128{0}), "0");
}

TEST(DecimalText, PutsThePointWithAZeroBefore) {
  EXPECT_EQ(DecimalText(150, 2), "1.50");
  EXPECT_EQ(DecimalText(-5, 2), "-0.05");
  EXPECT_EQ(DecimalText(0, 3), "0.000");
  EXPECT_EQ(DecimalText(-42, 0), "-42");
}

}  // namespace
}  // namespace weir
