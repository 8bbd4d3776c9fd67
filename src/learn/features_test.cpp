#include "learn/features.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/random_histories.h"

namespace weir::learn {
namespace {

// A matrix of folds and the same rows as a dense table.
struct MatrixCase {
  OwnedHistories histories;
  Vocabulary vocabulary;
  std::vector<std::vector<std::uint32_t>> folds;
  std::vector<std::uint32_t> people;  // of the rows
  std::vector<bool> is_masked;
  DesignMatrix matrix;

  explicit MatrixCase(std::mt19937_64& random)
      : histories(RandomHistories(random, 40, 12)),
        vocabulary(ChooseVocabulary(histories.View(), {.min_people = 2, .max_share = 0.9})),
        folds(RandomFolds(random, 40, 3)),
        is_masked(Masked(random, vocabulary.tokens.size())),
        matrix(histories.View(), vocabulary, folds, is_masked) {
    for (const auto& fold : folds) {
      people.insert(people.end(), fold.begin(), fold.end());
    }
  }

  static std::vector<bool> Masked(std::mt19937_64& random, std::size_t terms) {
    std::vector<bool> masked(terms);
    for (std::size_t term = 0; term < terms; ++term) {
      masked[term] = random() % 5 == 0;
    }
    return masked;
  }
};

TEST(Features, PassesOverRowsAgreeWithADenseTable) {
  std::mt19937_64 random(TestSeed());
  std::uniform_real_distribution<double> number(-1, 1);
  for (int round = 0; round < TestRounds(); ++round) {
    const MatrixCase c(random);
    for (const Transform transform : {Transform::kBinary, Transform::kLogIdf}) {
      const Features features(c.matrix, c.vocabulary.idf, transform);
      const auto dense = DenseRows(c.histories, c.vocabulary, c.people, c.is_masked, transform);
      std::vector<double> u(c.matrix.num_columns());
      std::vector<double> factors(c.matrix.num_rows());
      std::vector<double> squares(c.matrix.num_rows());
      for (double& value : u) {
        value = number(random);
      }
      for (double& value : factors) {
        value = number(random);
      }
      for (double& value : squares) {
        value = number(random);
      }
      const std::vector<RowRange> rows = c.matrix.RowsWithout(random() % 3);
      const auto x = [&](std::size_t row, std::size_t column) {
        return dense[row][c.matrix.terms()[column]] / features.column_scales()[column];
      };

      std::vector<double> scores(c.matrix.num_rows());
      std::vector<Features::Moments> moments(u.size());
      std::vector<double> product(u.size());
      features.Scores(rows, u, 0.5, scores);
      features.ColumnMoments(rows, factors, squares, moments);
      const double intercept = features.CurvatureTimes(rows, squares, u, 0.5, product);

      std::vector<double> expected_sums(u.size());
      std::vector<double> expected_squares(u.size());
      std::vector<double> expected_product(u.size());
      double expected_intercept = 0;
      for (const RowRange& range : rows) {
        for (std::size_t row = range.begin; row < range.end; ++row) {
          double score = 0.5;
          for (std::size_t column = 0; column < u.size(); ++column) {
            score += x(row, column) * u[column];
          }
          EXPECT_NEAR(scores[row], score, 1e-12);
          expected_intercept += squares[row] * score;
          for (std::size_t column = 0; column < u.size(); ++column) {
            expected_sums[column] += factors[row] * x(row, column);
            expected_squares[column] += squares[row] * x(row, column) * x(row, column);
            expected_product[column] += squares[row] * score * x(row, column);
          }
        }
      }
      EXPECT_NEAR(intercept, expected_intercept, 1e-10);
      for (std::size_t column = 0; column < u.size(); ++column) {
        EXPECT_NEAR(moments[column].first, expected_sums[column], 1e-10);
        EXPECT_NEAR(moments[column].second, expected_squares[column], 1e-10);
        EXPECT_NEAR(product[column], expected_product[column], 1e-10);
      }
    }
  }
}

TEST(DesignMatrix, HasTheSameEntriesByRowsAndByColumns) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const MatrixCase c(random);
    const auto dense =
        DenseRows(c.histories, c.vocabulary, c.people, c.is_masked, Transform::kBinary);
    std::size_t entries = 0;
    for (const auto& row : dense) {
      entries += static_cast<std::size_t>(std::ranges::count(row, 1.0));
    }

    std::size_t in_columns = 0;
    for (std::size_t column = 0; column < c.matrix.num_columns(); ++column) {
      for (std::size_t fold = 0; fold < 3; ++fold) {
        const RowRange rows = c.matrix.FoldRows(fold);
        const auto [begin, end] = c.matrix.ColumnEntries(column, fold, fold + 1);
        for (std::size_t entry = begin; entry < end; ++entry) {
          const std::uint32_t row = c.matrix.entry_rows()[entry];
          EXPECT_TRUE(rows.begin <= row && row < rows.end);
          EXPECT_EQ(dense[row][c.matrix.terms()[column]], 1);
          const auto columns = c.matrix.RowColumns(row);
          const auto at = std::ranges::find(columns, column) - columns.begin();
          EXPECT_EQ(c.matrix.RowDays(row)[static_cast<std::size_t>(at)],
                    c.matrix.entry_days()[entry]);
          ++in_columns;
        }
      }
    }
    EXPECT_EQ(in_columns, entries);
    EXPECT_EQ(c.matrix.num_entries(), entries);
  }
}

}  // namespace
}  // namespace weir::learn
