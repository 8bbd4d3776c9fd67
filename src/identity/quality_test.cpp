#include "identity/quality.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::identity {
namespace {

// Everything by looking at each id and each pair.
Quality SlowQuality(const std::vector<JudgedId>& ids) {
  Quality quality{.ids = ids.size()};
  double precision = 0;
  double recall = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    double person = 0;
    double right = 0;
    double group = 0;
    double joined = 0;
    for (std::size_t j = 0; j < ids.size(); ++j) {
      const bool is_found = ids[i].person == ids[j].person;
      const bool is_right = is_found && ids[i].owner == ids[j].owner;
      const bool is_joinable = ids[i].group == ids[j].group;
      person += is_found ? 1 : 0;
      right += is_right ? 1 : 0;
      group += is_joinable ? 1 : 0;
      joined += is_joinable && is_found ? 1 : 0;
      if (j > i) {
        quality.found_pairs += is_found ? 1 : 0;
        quality.right_pairs += is_right ? 1 : 0;
        quality.joinable_pairs += is_joinable ? 1 : 0;
        quality.joined_pairs += is_joinable && is_found ? 1 : 0;
      }
    }
    precision += right / person;
    recall += joined / group;
  }
  quality.bcubed_precision = precision / static_cast<double>(ids.size());
  quality.bcubed_recall = recall / static_cast<double>(ids.size());
  return quality;
}

std::vector<JudgedId> RandomIds(std::mt19937_64& random) {
  std::vector<JudgedId> ids(random() % 40 + 1);
  const std::uint64_t people = random() % 8 + 1;
  for (JudgedId& id : ids) {
    id = {.person = random() % people, .owner = random() % people, .group = 0};
    id.group = id.owner * 2 + random() % 2;
  }
  return ids;
}

TEST(Judge, CountsAsOneDoesByHand) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const std::vector<JudgedId> ids = RandomIds(random);
    const Quality found = Judge(ids);
    const Quality wanted = SlowQuality(ids);

    ASSERT_EQ(found.ids, wanted.ids);
    ASSERT_EQ(found.found_pairs, wanted.found_pairs);
    ASSERT_EQ(found.right_pairs, wanted.right_pairs);
    ASSERT_EQ(found.joinable_pairs, wanted.joinable_pairs);
    ASSERT_EQ(found.joined_pairs, wanted.joined_pairs);
    ASSERT_NEAR(*found.bcubed_precision, *wanted.bcubed_precision, 1e-12);
    ASSERT_NEAR(*found.bcubed_recall, *wanted.bcubed_recall, 1e-12);
  }
}

// By hand: found {a b c} {d}, true {a b} {c d}.
TEST(Judge, GivesTheSharesOfAKnownExample) {
  const Quality quality = Judge({{.person = 1, .owner = 1, .group = 1},
                                 {.person = 1, .owner = 1, .group = 1},
                                 {.person = 1, .owner = 2, .group = 2},
                                 {.person = 2, .owner = 2, .group = 2}});

  EXPECT_DOUBLE_EQ(*quality.Precision(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(*quality.Recall(), 0.5);
  EXPECT_DOUBLE_EQ(*quality.F1(), 0.4);
  EXPECT_DOUBLE_EQ(*quality.bcubed_precision, (2.0 / 3 + 2.0 / 3 + 1.0 / 3 + 1) / 4);
  EXPECT_DOUBLE_EQ(*quality.bcubed_recall, (1 + 1 + 0.5 + 0.5) / 4);
}

TEST(Judge, IsTheSameToTheBitForAnyOrderAndNames) {
  std::mt19937_64 random(TestSeed());
  std::vector<JudgedId> ids = RandomIds(random);
  const Quality before = Judge(ids);
  for (JudgedId& id : ids) {
    id = {.person = 1000 - id.person, .owner = 77 * id.owner, .group = 5000 - id.group};
  }
  std::ranges::shuffle(ids, random);

  EXPECT_EQ(Judge(ids).bcubed_precision, before.bcubed_precision);
  EXPECT_EQ(Judge(ids).bcubed_recall, before.bcubed_recall);
}

TEST(Judge, SharesOfNothingAreAbsent) {
  EXPECT_FALSE(Judge({}).Precision() || Judge({}).bcubed_recall || Judge({}).F1());
  const Quality alone = Judge({{.person = 1, .owner = 1, .group = 1}});
  EXPECT_FALSE(alone.Precision());
  EXPECT_EQ(alone.BcubedF1(), 1.0);
}

}  // namespace
}  // namespace weir::identity
