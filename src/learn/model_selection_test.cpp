#include "learn/model_selection.h"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/random_histories.h"
#include "learn/ranking.h"

namespace weir::learn {
namespace {

// People whose first tokens make them positives.
struct SelectionCase {
  OwnedHistories histories;
  Vocabulary vocabulary;
  TrainingSet set;

  explicit SelectionCase(std::mt19937_64& random)
      : histories(RandomHistories(random, 150, 20)),
        vocabulary(ChooseVocabulary(histories.View(), {.min_people = 2, .max_share = 0.9})) {
    set.people = RandomFolds(random, 150, 3);
    for (const auto& people : set.people) {
      std::vector<std::uint8_t>& labels = set.labels.emplace_back();
      for (const std::uint32_t person : people) {
        const std::size_t first = histories.offsets[person];
        const bool is_likely =
            histories.offsets[person + 1] > first && histories.tokens[first] % 2 == 1;
        labels.push_back(random() % 10 < (is_likely ? 7U : 2U) ? 1 : 0);
      }
    }
  }
};

// One fit of one point on a matrix of its own that never saw the fold, cold.
double AucByHand(const SelectionCase& c, const GridPoint& point, std::size_t held_out) {
  std::vector<std::uint32_t> people;
  std::vector<std::uint8_t> labels;
  for (std::size_t fold = 0; fold < 3; ++fold) {
    if (fold == held_out) {
      continue;
    }
    people.insert(people.end(), c.set.people[fold].begin(), c.set.people[fold].end());
    labels.insert(labels.end(), c.set.labels[fold].begin(), c.set.labels[fold].end());
  }
  const std::vector<std::vector<std::uint32_t>> one_fold{people};
  const DesignMatrix matrix(c.histories.View(), c.vocabulary, one_fold, {});
  const Features features(matrix, c.vocabulary.idf, point.transform);
  const std::vector<double> costs(people.size(), point.c);
  const bool is_l1 = point.penalty == PenaltyKind::kL1;
  const LogisticFit fit = FitLogistic({.features = &features,
                                       .labels = labels,
                                       .costs = costs,
                                       .held_out = std::nullopt,
                                       .penalty = {.l1 = is_l1 ? 1.0 : 0, .l2 = is_l1 ? 0 : 1.0}},
                                      {.tolerance = 1e-11}, {});
  std::vector<double> weights(c.vocabulary.tokens.size());
  for (std::size_t column = 0; column < fit.model.u.size(); ++column) {
    weights[matrix.terms()[column]] = fit.model.u[column] / features.column_scales()[column];
  }
  const auto rows =
      DenseRows(c.histories, c.vocabulary, c.set.people[held_out], {}, point.transform);
  std::vector<double> scores;
  for (const auto& row : rows) {
    double score = fit.model.intercept;
    for (std::size_t term = 0; term < row.size(); ++term) {
      score += row[term] * weights[term];
    }
    scores.push_back(std::round(score * 1e4));  // near ties are ties
  }
  return RocAuc(scores, c.set.labels[held_out]).value_or(0);
}

// 0.004, or what two pairs of people are worth in the AUC of a fold where they are worth more.
double NearAuc(const std::vector<std::uint8_t>& labels) {
  const auto positives = static_cast<double>(std::ranges::count(labels, std::uint8_t{1}));
  const double pairs = positives * (static_cast<double>(labels.size()) - positives);
  return std::max(4e-3, (2 / std::max(pairs, 1.0)) + 1e-9);
}

TEST(ModelSelection, HoldsEachFoldOutOfEachPoint) {
  std::mt19937_64 random(TestSeed());
  const SelectionCase c(random);
  SelectionOptions options;
  options.tolerance = 1e-11;

  const auto selection = SelectModel(c.histories.View(), c.vocabulary, c.set, options);

  ASSERT_TRUE(selection);
  ASSERT_EQ(selection->grid.size(), 20U);
  for (const GridScore& score : selection->grid) {
    for (std::size_t fold = 0; fold < 3; ++fold) {
      EXPECT_NEAR(score.aucs[fold].value_or(-1), AucByHand(c, score.point, fold),
                  NearAuc(c.set.labels[fold]))
          << Name(score.point.transform) << ' ' << Name(score.point.penalty) << ' '
          << score.point.c;
    }
  }
}

TEST(ModelSelection, TakesTheSimplestOfTheBest) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const SelectionCase c(random);

    const auto selection = SelectModel(c.histories.View(), c.vocabulary, c.set, {});

    ASSERT_TRUE(selection);
    const double chosen = selection->grid[selection->chosen].mean;
    for (const GridScore& score : selection->grid) {
      EXPECT_LE(score.mean, chosen + 1e-6);
    }
    for (const GridScore& simpler : std::span(selection->grid).first(selection->chosen)) {
      EXPECT_LT(simpler.mean, chosen);
    }
  }
}

TEST(ModelSelection, KeepsTheWinnersHeldOutScores) {
  std::mt19937_64 random(TestSeed());
  const SelectionCase c(random);

  const auto selection = SelectModel(c.histories.View(), c.vocabulary, c.set, {});

  ASSERT_TRUE(selection);
  const GridScore& chosen = selection->grid[selection->chosen];
  std::size_t begin = 0;
  for (std::size_t fold = 0; fold < 3; ++fold) {
    const std::size_t size = c.set.people[fold].size();
    EXPECT_EQ(RocAuc(std::span(selection->held_out_scores).subspan(begin, size),
                     std::span(selection->labels).subspan(begin, size)),
              chosen.aucs[fold]);
    begin += size;
  }
}

TEST(ModelSelection, NeedsAFoldWithBothClasses) {
  std::mt19937_64 random(TestSeed());
  SelectionCase c(random);
  for (auto& labels : c.set.labels) {
    std::ranges::fill(labels, std::uint8_t{0});
  }
  c.set.labels.front().front() = 1;

  EXPECT_FALSE(SelectModel(c.histories.View(), c.vocabulary, c.set, {}));
}

TEST(ModelSelection, LeavesMaskedTermsWithoutAWeight) {
  std::mt19937_64 random(TestSeed());
  SelectionCase c(random);
  c.set.is_masked.assign(c.vocabulary.tokens.size(), false);
  c.set.is_masked[0] = c.set.is_masked[3] = true;

  const auto selection = SelectModel(c.histories.View(), c.vocabulary, c.set, {});

  ASSERT_TRUE(selection);
  EXPECT_FALSE(std::ranges::binary_search(selection->terms, 0U));
  EXPECT_FALSE(std::ranges::binary_search(selection->terms, 3U));
}

}  // namespace
}  // namespace weir::learn
