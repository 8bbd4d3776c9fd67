#include "base/split_mix.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

// The first numbers of the sequence of seed 1234567, as Rosetta Code has them ("Pseudo-random
// numbers/Splitmix64").
TEST(SplitMix, GivesThePublishedNumbers) {
  std::uint64_t state = 1234567;

  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    EXPECT_EQ(NextSplitMix(state), expected);
  }
}

}  // namespace
}  // namespace weir
