#include "identity/people.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "identity/random_evidence.h"

namespace weir::identity {
namespace {

constexpr std::int32_t kLastDay = 20100;

DayResult Rebuilt(const model::Evidence& evidence, const Parameters& parameters, int threads,
                  std::mt19937_64& random) {
  IdDictionary ids;
  std::vector<Edges> blocks(1 + random() % 3);  // the rows in one block, others are empty
  AddEdges(model::RowsOf(evidence, ids, 0, kLastDay + 5, random), threads, ids,
           blocks[random() % blocks.size()]);
  return Rebuild(std::move(ids), std::move(blocks), parameters,
                 {.day = kLastDay, .threads = threads, .with_changes = true});
}

model::Evidence RandomEvidence(std::mt19937_64& random) {
  model::Evidence evidence;
  const std::uint64_t num_ids = random() % 60 + 5;
  for (std::uint64_t shape = random() % 12; shape > 0; --shape) {
    for (const model::Pair& pair : model::RandomShape(random, num_ids)) {
      const std::int32_t day = kLastDay - static_cast<std::int32_t>(random() % 9) + 1;
      evidence[pair][day] = model::RandomSeen(random, day);
    }
  }
  return evidence;
}

TEST(People, AreThoseOfTheSlowReferenceForAnyOrderAndThreads) {
  std::mt19937_64 random(TestSeed());
  std::size_t hubs = 0;
  std::size_t cuts = 0;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    const model::Evidence evidence = RandomEvidence(random);
    const Parameters parameters = model::SmallParameters(random);

    const model::Day expected = model::DayOf(evidence, parameters, kLastDay);
    const model::Day before = model::DayOf(evidence, parameters, kLastDay - 1);
    for (const int threads : {1, 2, 8}) {
      const DayResult result = Rebuilt(evidence, parameters, threads, random);
      ASSERT_EQ(model::DayOf(result), expected)
          << "round " << round << "\n"
          << model::ToText(model::DayOf(result)) << "expected\n"
          << model::ToText(expected);
      ASSERT_EQ(model::RowsOf(result.changes), model::ChangesBetween(before, expected));
    }
    hubs += expected.hubs.size();
    cuts += expected.cuts.size();
  }
  EXPECT_GT(hubs, 0U);
  EXPECT_GT(cuts, 0U);
}

// Large enough for several stretches and shards that grow.
TEST(People, OfManyIdsAreTheSameOnEightThreads) {
  std::mt19937_64 random(TestSeed());
  model::Evidence evidence;
  for (int i = 0; i < 150000; ++i) {
    const std::uint64_t person = random() % 60000;
    const model::Id one{"af", std::to_string(person)};
    const model::Id other{i % 3 == 0 ? "st" : "tt", std::to_string(person * 2 + random() % 3)};
    evidence[model::PairOf(one, other)][kLastDay] = model::RandomSeen(random, kLastDay);
  }
  const Parameters parameters{.max_neighbours = 3, .max_component = 8};

  const model::Day one = model::DayOf(Rebuilt(evidence, parameters, 1, random));
  const model::Day eight = model::DayOf(Rebuilt(evidence, parameters, 8, random));

  EXPECT_TRUE(one == eight);
  EXPECT_GT(one.ids.size(), 80000U);
  EXPECT_GT(one.cuts.size(), 0U);
}

TEST(People, OfNoEvidenceAreNone) {
  std::mt19937_64 random(1);
  const DayResult result = Rebuilt({}, {}, 2, random);

  EXPECT_TRUE(model::DayOf(result) == model::Day{});
  EXPECT_TRUE(result.changes.empty());
}

}  // namespace
}  // namespace weir::identity
