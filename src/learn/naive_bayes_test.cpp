#include "learn/naive_bayes.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/random_histories.h"

namespace weir::learn {
namespace {

TEST(NaiveBayes, IsBayesRuleOverTokenCounts) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const OwnedHistories histories = RandomHistories(random, 30, 8);
    const Vocabulary vocabulary =
        ChooseVocabulary(histories.View(), {.min_people = 1, .max_share = 1});
    const auto folds = RandomFolds(random, 30, 2);
    const DesignMatrix matrix(histories.View(), vocabulary, folds, {});
    std::vector<std::uint8_t> labels(matrix.num_rows());
    for (std::size_t row = 0; row < labels.size(); ++row) {
      labels[row] = row % 3 == 0 ? 1 : 0;
    }

    const NaiveBayes model = TrainNaiveBayes(matrix, matrix.RowsWithout(1), labels);

    // The odds that the rule gives each row of the fold held out, by products of probabilities.
    const RowRange trained = matrix.FoldRows(0);
    for (std::size_t row = matrix.FoldRows(1).begin; row < matrix.num_rows(); ++row) {
      double odds = 1;
      double score = model.intercept;
      for (const std::uint8_t label : {std::uint8_t{0}, std::uint8_t{1}}) {
        double people = 0;
        double tokens = static_cast<double>(matrix.num_columns());
        std::vector<double> counts(matrix.num_columns(), 1);
        for (std::size_t other = trained.begin; other < trained.end; ++other) {
          if (labels[other] != label) {
            continue;
          }
          ++people;
          for (const std::uint32_t column : matrix.RowColumns(other)) {
            ++counts[column];
            ++tokens;
          }
        }
        double likelihood = people;
        for (const std::uint32_t column : matrix.RowColumns(row)) {
          likelihood *= counts[column] / tokens;
        }
        odds = label == 0 ? odds / likelihood : odds * likelihood;
      }
      for (const std::uint32_t column : matrix.RowColumns(row)) {
        score += model.weights[column];
      }
      EXPECT_NEAR(score, std::log(odds), 1e-9);
    }
  }
}

}  // namespace
}  // namespace weir::learn
