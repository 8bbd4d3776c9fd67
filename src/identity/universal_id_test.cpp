#include "identity/universal_id.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::identity {
namespace {

std::string Hex(const Hash128& person) {
  std::array<char, 32> digits{};
  WriteHex(person, digits.data());
  return {digits.data(), digits.size()};
}

TEST(UniversalId, IsXxh128OfPartyAndId) {
  EXPECT_EQ(Hex(UniversalId("af", "123")), ToHex(HashOf("af\x1f"
                                                        "123")));
  const std::string longer(300, 'x');
  EXPECT_EQ(UniversalId("af", longer), HashOf("af\x1f" + longer));
}

TEST(UniversalId, IsWrittenAndReadAsHex) {
  const Hash128 person{.high = 0x0123456789abcdef, .low = 0xf};

  EXPECT_EQ(Hex(person), "0123456789abcdef000000000000000f");
  EXPECT_EQ(ParseUniversalId(Hex(person)), person);
  EXPECT_THROW(ParseUniversalId("0123456789abcdef"), UserError);
  EXPECT_THROW(ParseUniversalId(std::string(32, 'G')), UserError);
}

}  // namespace
}  // namespace weir::identity
