#include "learn/ranking.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::learn {
namespace {

struct Scored {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
};

// Few distinct scores, so that there are ties; both classes.
Scored RandomScores(std::mt19937_64& random) {
  Scored scored{.scores = {0.5, 0.25}, .labels = {0, 1}};
  const std::size_t rows = 2 + random() % 50;
  const std::size_t values = 1 + random() % 40;
  while (scored.scores.size() < rows) {
    scored.scores.push_back(static_cast<double>(random() % values) / 64);
    scored.labels.push_back(static_cast<std::uint8_t>(random() % 2));
  }
  return scored;
}

TEST(RocAuc, CountsThePairsInTheRightOrder) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10 * TestRounds(); ++round) {
    const auto [scores, labels] = RandomScores(random);
    double right = 0;
    double pairs = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      for (std::size_t j = 0; j < scores.size(); ++j) {
        if (labels[i] == 0 || labels[j] != 0) {
          continue;
        }
        ++pairs;
        right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      }
    }

    EXPECT_NEAR(RocAuc(scores, labels).value_or(-1), right / pairs, 1e-12);
  }
}

TEST(RocAuc, NeedsBothClasses) {
  EXPECT_EQ(RocAuc(std::vector<double>{1, 2}, std::vector<std::uint8_t>{1, 1}), std::nullopt);
  EXPECT_EQ(RocAuc(std::vector<double>{1, 2}, std::vector<std::uint8_t>{0, 0}), std::nullopt);
  EXPECT_EQ(RocAuc({}, {}), std::nullopt);
}

TEST(RocCurve, EnclosesTheArea) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10 * TestRounds(); ++round) {
    const auto [scores, labels] = RandomScores(random);

    const std::vector<RocPoint> curve = RocCurve(scores, labels);

    double area = 0;
    for (std::size_t i = 1; i < curve.size(); ++i) {
      EXPECT_LT(curve[i].threshold, curve[i - 1].threshold);
      area += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
              (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2;
    }
    EXPECT_NEAR(area, RocAuc(scores, labels).value_or(-1), 1e-12);
    EXPECT_EQ(curve.back().false_positive_rate, 1);
    EXPECT_EQ(curve.back().true_positive_rate, 1);
  }
}

TEST(AveragePrecision, SumsThePrecisionAtEachThreshold) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10 * TestRounds(); ++round) {
    const auto [scores, labels] = RandomScores(random);
    double sum = 0;
    double positives = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (labels[i] == 0) {
        continue;
      }
      ++positives;
      double above = 0;
      double right = 0;
      for (std::size_t j = 0; j < scores.size(); ++j) {
        if (scores[j] < scores[i]) {
          continue;
        }
        ++above;
        right += labels[j];
      }
      sum += right / above;
    }

    EXPECT_NEAR(AveragePrecision(scores, labels).value_or(-1), sum / positives, 1e-12);
  }
}

TEST(CalibrationError, IsTheDistanceOfEachBinsMeans) {
  // Two rows in [0.1, 0.2): mean 0.15, no positive; two in [0.9, 1]: mean 0.95, one positive.
  const std::vector<double> probabilities{0.11, 0.19, 0.9, 1.0};
  const std::vector<std::uint8_t> labels{0, 0, 1, 0};

  EXPECT_NEAR(CalibrationError(probabilities, labels), 0.5 * 0.15 + 0.5 * 0.45, 1e-12);
}

}  // namespace
}  // namespace weir::learn
