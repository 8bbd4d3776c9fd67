#include "base/hashing.h"

#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "base/test_seed.h"

namespace weir {
namespace {

UnsignedInt128 ToNumber(const Hash128& hash) {
  return (static_cast<UnsignedInt128>(hash.high) << 64) | hash.low;
}

// The values are those of `xxhsum -H2`.
TEST(HashOf, IsXxh3OfTheBytes) {
  EXPECT_EQ(ToHex(HashOf("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(ToHex(HashOf("weir")), ToHex(HashOf(std::string("weir"))));
  EXPECT_NE(HashOf("weir"), HashOf("Weir"));
  EXPECT_NE(HashOf(std::string_view("a\0", 2)), HashOf("a"));
}

// The values are published: the first two by the specification of XXH64, the third by the
// documentation of its binding for Python.
TEST(SeededHashOf, IsXxh64) {
  EXPECT_EQ(SeededHashOf("", 0), 0xEF46'DB37'51D8'E999ULL);
  EXPECT_EQ(SeededHashOf("abc", 0), 0x44BC'2CF5'AD77'0999ULL);
  EXPECT_EQ(SeededHashOf("xxhash", 20141025), 13067679811253438005ULL);
}

TEST(Hash128, IsWrittenAndReadAsHex) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    const Hash128 hash{.high = random() >> random() % 64, .low = random() >> random() % 64};
    const std::string hex = fmt::format("{:016x}{:016x}", hash.high, hash.low);
    ASSERT_EQ(ToHex(hash), hex);
    ASSERT_EQ(ParseHash(hex), hash);
  }
  for (const char* text :
       {"", "0123456789abcdef", "0123456789ABCDEF0000000000000000",
        "0123456789abcdef000000000000000g", "0123456789abcdef00000000000000000"}) {
    EXPECT_EQ(ParseHash(text), std::nullopt) << text;
  }
}

TEST(Hash128, IsReadFromNoOtherBytesThanItsDigits) {
  const std::string digits = "0123456789abcdef";
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 32; ++at) {
      std::string hex(32, '0');
      hex[at] = static_cast<char>(byte);
      const auto value = digits.find(hex[at]);
      ASSERT_EQ(ParseHash(hex).has_value(), value != std::string::npos) << byte << " at " << at;
    }
  }
}

TEST(Hash128, AddsAsAnUnsignedNumberOf128Bits) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    const Hash128 left{.high = random(), .low = random()};
    const Hash128 right{.high = random(), .low = random()};
    Hash128 sum = left;
    sum += right;
    ASSERT_TRUE(ToNumber(sum) == ToNumber(left) + ToNumber(right));
  }
}

TEST(Hash128, WrapsAround) {
  Hash128 sum{.high = ~0ULL, .low = ~0ULL};
  sum += {.high = 0, .low = 1};
  EXPECT_EQ(sum, Hash128());
}

TEST(ToHex, KeepsZerosInFront) {
  EXPECT_EQ(ToHex({.high = 1, .low = 0xABC}), "00000000000000010000000000000abc");
}

}  // namespace
}  // namespace weir
