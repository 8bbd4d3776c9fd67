// Against std::set.
#include "enrich/id_filter.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

Hash128 SomeId(std::mt19937_64& random) { return {.high = random(), .low = random()}; }

TEST(IdFilterTest, KnowsEveryIdThatWasAdded) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    IdFilter filter(random() % 5000);
    std::set<Hash128> added = {Hash128{}, {.high = ~std::uint64_t{0}, .low = ~std::uint64_t{0}}};
    const std::size_t count = random() % 30'000;  // also many more than there was room for
    while (added.size() < count) {
      added.insert(SomeId(random));
    }

    for (const Hash128& id : added) {
      filter.Add(id);
    }

    for (const Hash128& id : added) {
      ASSERT_TRUE(filter.MayContain(id)) << ToHex(id);
    }
  }
}

// Made for the right number, and for far too few.
TEST(IdFilterTest, FewerThanOneInAThousandOthersPass) {
  std::mt19937_64 random(TestSeed());
  for (const std::size_t expected : {200'000, 100, 0}) {
    IdFilter filter(expected);
    for (int count = 0; count < 200'000; ++count) {
      filter.Add(SomeId(random));
    }
    int passed = 0;
    for (int count = 0; count < 500'000; ++count) {
      passed += filter.MayContain(SomeId(random)) ? 1 : 0;
    }
    EXPECT_LT(passed, 500) << expected;
  }
}

TEST(IdFilterTest, AnIdTakesThreeBytesAndAnEighth) {
  EXPECT_LT(IdFilter(1'000'000).memory_bytes(), 3'400'000U);
  EXPECT_LT(IdFilter(0).memory_bytes(), 4000U);
}

}  // namespace
}  // namespace weir::enrich
