#include "world/philox.h"

#include <gtest/gtest.h>

namespace weir::world {
namespace {

// The three lines "philox4x32 10" of tests/kat_vectors in the Random123 distribution.
TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, ReadsTheBlocksOfItsCounterInOrder) {
  RandomStream stream(0x299f31d0a4093822, {.purpose = Purpose::kDay, .entity = 7, .part = 9});

  for (std::uint32_t block = 0; block < 3; ++block) {
    const PhiloxBlock expected =
        Philox({block, static_cast<std::uint32_t>(Purpose::kDay), 7, 9}, {0xa4093822, 0x299f31d0});
    for (const std::uint32_t word : expected) {
      EXPECT_EQ(stream.Next(), word);
    }
  }
}

TEST(RandomStream, BelowIsEvenAndChanceHitsItsShare) {
  RandomStream stream(1, {.purpose = Purpose::kDay});
  std::array<int, 10> counts{};
  int hits = 0;

  for (int draw = 0; draw < 100000; ++draw) {
    ++counts[stream.Below(10)];
    hits += stream.Chance(kCertain / 4) ? 1 : 0;
  }

  for (const int count : counts) {
    EXPECT_NEAR(count, 10000, 500);  // five standard deviations
  }
  EXPECT_NEAR(hits, 25000, 700);
  EXPECT_FALSE(stream.Chance(0));
  EXPECT_TRUE(stream.Chance(kCertain));
}

}  // namespace
}  // namespace weir::world
