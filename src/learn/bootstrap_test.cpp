#include "learn/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/evaluation.h"

namespace weir::learn {
namespace {

TEST(PoissonWeights, HavePoissonsShares) {
  constexpr int kPeople = 100000;
  std::array<std::array<int, 4>, kReplicatesOfBlock> counts{};
  double products = 0;
  for (std::uint64_t person = 0; person < kPeople; ++person) {
    const BlockWeights weights = PoissonWeights(person, 7, 3);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      ++counts[i][std::min<std::size_t>(weights[i], 3)];
    }
    products += (weights[0] - 1.0) * (weights[5] - 1.0);
  }

  // e⁻¹ / k!, within five standard deviations.
  const double one = std::exp(-1);
  for (const auto& found : counts) {
    const std::array<double, 4> shares = {one, one, one / 2, 1 - 2.5 * one};
    for (std::size_t k = 0; k < shares.size(); ++k) {
      EXPECT_NEAR(found[k] / double{kPeople}, shares[k],
                  5 * std::sqrt(shares[k] * (1 - shares[k]) / kPeople));
    }
  }
  EXPECT_NEAR(products / kPeople, 0, 5 / std::sqrt(kPeople)) << "replicates aren't independent";
}

TEST(PoissonWeights, DifferByPersonSeedAndBlock) {
  const auto differing = [](auto make) {
    int found = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      found += make(i) == make(i + 1) ? 0 : 1;
    }
    return found;
  };

  EXPECT_GT(differing([](std::uint64_t i) { return PoissonWeights(i, 1, 1); }), 990);
  EXPECT_GT(differing([](std::uint64_t i) { return PoissonWeights(1, i, 1); }), 990);
  EXPECT_GT(differing([](std::uint64_t i) { return PoissonWeights(1, 1, i); }), 990);
}

TEST(PercentileInterval, InterpolatesAsNumpyDoes) {
  // numpy.percentile([5, 1, 4, 2, 3], [2.5, 97.5]) == [1.1, 4.9]
  const Interval found = PercentileInterval(std::vector<double>{5, 1, std::nan(""), 4, 2, 3});

  EXPECT_NEAR(found.lower, 1.1, 1e-12);
  EXPECT_NEAR(found.upper, 4.9, 1e-12);
  EXPECT_TRUE(std::isnan(PercentileInterval({}).lower));
}

TEST(WilsonInterval, IsThePublishedOne) {
  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
  const auto expect = [](double hits, double trials, double lower, double upper) {
    const Interval found = WilsonInterval(hits, trials);
    EXPECT_NEAR(found.lower, lower, 5e-5);
    EXPECT_NEAR(found.upper, upper, 5e-5);
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

// Of `rounds` draws of people whose AUC is known: the share of intervals that hold it. Scores are
// normal, positives' `shift` higher; `other` is a second, noisier score of the same people.
struct Coverage {
  double of_auc = 0;
  double of_gain = 0;
};

Coverage CoverageOf(std::mt19937_64& random, int rounds) {
  constexpr double kShift = 1.0;
  constexpr double kNoise = 1.0;
  constexpr std::size_t kPositives = 100;
  constexpr std::size_t kPeople = 500;
  const auto normal_share = [](double z) { return std::erfc(-z / std::sqrt(2)) / 2; };
  const double auc = normal_share(kShift / std::sqrt(2));
  const double other_auc = normal_share(kShift / std::sqrt(2 * (1 + kNoise)));
  std::normal_distribution<double> normal;
  Coverage coverage;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::uint64_t> people;
    std::vector<std::uint8_t> labels;
    std::vector<double> scores;
    std::vector<double> others;
    for (std::size_t row = 0; row < kPeople; ++row) {
      people.push_back(random());
      labels.push_back(row < kPositives ? 1 : 0);
      scores.push_back(normal(random) + (labels.back() != 0 ? kShift : 0));
      others.push_back(scores.back() + std::sqrt(kNoise) * normal(random));
    }
    const EvaluatedRows rows{.people = people, .labels = labels, .scores = {scores, others}};
    const auto found = EvaluateRankings({&rows, 1}, {.replicates = 400});
    std::vector<double> gains;
    for (std::size_t i = 0; i < found[0][0].auc.size(); ++i) {
      gains.push_back(found[0][0].auc[i] - found[0][1].auc[i]);
    }
    const auto holds = [](const Interval& interval, double value) {
      return interval.lower <= value && value <= interval.upper ? 1.0 : 0.0;
    };
    coverage.of_auc += holds(PercentileInterval(found[0][0].auc), auc) / rounds;
    coverage.of_gain += holds(PercentileInterval(gains), auc - other_auc) / rounds;
  }
  return coverage;
}

TEST(Bootstrap, CoversTheTruthInNineteenOfTwentyCases) {
  std::mt19937_64 random(TestSeed());

  const Coverage found = CoverageOf(random, 600);

  // 95 % of 600 has a standard deviation of 0.9 %.
  RecordProperty("of_auc", std::to_string(found.of_auc));
  EXPECT_GT(found.of_auc, 0.91);
  EXPECT_LT(found.of_auc, 0.985);
  EXPECT_GT(found.of_gain, 0.91);
  EXPECT_LT(found.of_gain, 0.985);
}

}  // namespace
}  // namespace weir::learn
