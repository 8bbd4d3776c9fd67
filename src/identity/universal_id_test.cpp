#include "identity/universal_id.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::identity {
namespace {

TEST(UniversalId, IsXxh128OfPartyAndId) {
  EXPECT_EQ(ToHex(UniversalId("af", "123")), ToHex(HashOf("af\x1f"
                                                          "123")));
  const std::string longer(300, 'x');
  EXPECT_EQ(UniversalId("af", longer), HashOf("af\x1f" + longer));
}

TEST(UniversalId, IsWrittenAndReadAsHex) {
  const Hash128 person{.high = 0x0123456789abcdef, .low = 0xf};

  EXPECT_EQ(ToHex(person), "0123456789abcdef000000000000000f");
  EXPECT_EQ(ParseUniversalId(ToHex(person)), person);
  EXPECT_THROW(ParseUniversalId("0123456789abcdef"), UserError);
  EXPECT_THROW(ParseUniversalId(std::string(32, 'G')), UserError);
}

}  // namespace
}  // namespace weir::identity
