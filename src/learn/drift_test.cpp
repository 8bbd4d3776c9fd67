#include "learn/drift.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::learn {
namespace {

TEST(DriftBins, CountEachDaysScores) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    std::vector<double> before(1 + random() % 100);
    std::vector<double> now(random() % 100);
    for (double& score : before) {
      score = static_cast<double>(random() % 30);
    }
    for (double& score : now) {
      score = static_cast<double>(random() % 40);
    }

    const std::vector<DriftBin> bins = DriftBins(before, now);

    double lower = -1;
    for (const DriftBin& bin : bins) {
      EXPECT_GT(bin.upper, lower);
      const auto within = [&](double score) { return lower < score && score <= bin.upper; };
      EXPECT_EQ(static_cast<std::ptrdiff_t>(bin.before), std::ranges::count_if(before, within));
      EXPECT_EQ(static_cast<std::ptrdiff_t>(bin.now), std::ranges::count_if(now, within));
      lower = bin.upper;
    }
    EXPECT_EQ(lower, std::numeric_limits<double>::infinity());
  }
}

TEST(DriftBins, HaveATenthEachWhereScoresDiffer) {
  std::vector<double> before(1000);
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i] = static_cast<double>(i);
  }

  const std::vector<DriftBin> bins = DriftBins(before, before);

  ASSERT_EQ(bins.size(), 10);
  for (const DriftBin& bin : bins) {
    EXPECT_NEAR(static_cast<double>(bin.before), 100, 1);
  }
  EXPECT_TRUE(DriftBins({}, before).empty());
}

TEST(PopulationStabilityIndex, IsTheFormula) {
  // Counts of 100 and 200 people: shares with a half added to each of three bins.
  const std::vector<DriftBin> bins = {{.upper = 1, .before = 20, .now = 80},
                                      {.upper = 2, .before = 30, .now = 60},
                                      {.upper = 3, .before = 50, .now = 60}};
  const auto term = [](double before, double now) {
    return (now - before) * (std::log(now) - std::log(before));
  };

  EXPECT_NEAR(PopulationStabilityIndex(bins).value_or(-1),
              term(20.5 / 101.5, 80.5 / 201.5) + term(30.5 / 101.5, 60.5 / 201.5) +
                  term(50.5 / 101.5, 60.5 / 201.5),
              1e-12);
  EXPECT_EQ(PopulationStabilityIndex({}), std::nullopt);
  const std::vector<DriftBin> nobody = {{.upper = 1, .before = 20, .now = 0}};
  EXPECT_EQ(PopulationStabilityIndex(nobody), std::nullopt);
}

TEST(Cosine, IsThatOfTheDenseVectors) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    std::array<std::vector<std::uint32_t>, 2> keys;
    std::array<std::vector<double>, 2> weights;
    std::array<std::vector<double>, 2> dense;
    for (std::size_t side = 0; side < 2; ++side) {
      dense[side].resize(20);
      for (std::uint32_t key = 0; key < 20; ++key) {
        if (random() % 2 == 0) {
          continue;
        }
        keys[side].push_back(key);
        weights[side].push_back(static_cast<double>(random() % 100) - 49.5);
        dense[side][key] = weights[side].back();
      }
    }
    double product = 0;
    double left = 0;
    double right = 0;
    for (std::size_t key = 0; key < 20; ++key) {
      product += dense[0][key] * dense[1][key];
      left += dense[0][key] * dense[0][key];
      right += dense[1][key] * dense[1][key];
    }

    const auto found = Cosine(keys[0], weights[0], keys[1], weights[1]);

    if (left * right == 0) {
      EXPECT_EQ(found, std::nullopt);
    } else {
      EXPECT_NEAR(found.value_or(9), product / std::sqrt(left * right), 1e-12);
    }
  }
}

TEST(SpearmanCorrelation, IsPearsonsOfTheMeanRanks) {
  // scipy.stats.spearmanr([1, 2, 2, 4, 5], [3, 1, 4, 4, 9]) gives 0.7631578947368421.
  EXPECT_NEAR(
      SpearmanCorrelation(std::vector<double>{1, 2, 2, 4, 5}, std::vector<double>{3, 1, 4, 4, 9})
          .value_or(9),
      0.7631578947368421, 1e-12);
  EXPECT_NEAR(
      SpearmanCorrelation(std::vector<double>{1, 2, 3}, std::vector<double>{9, 5, 1}).value_or(9),
      -1, 1e-12);
  EXPECT_EQ(SpearmanCorrelation(std::vector<double>{1, 1}, std::vector<double>{1, 2}),
            std::nullopt);
}

}  // namespace
}  // namespace weir::learn
