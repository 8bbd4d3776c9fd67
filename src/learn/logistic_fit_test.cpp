#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/logistic_problem.h"
#include "learn/random_histories.h"

namespace weir::learn {
namespace {

// A problem as a dense table, with an obvious and slow way to its optimum.
struct DenseProblem {
  std::vector<std::vector<double>> rows;
  std::vector<std::uint8_t> labels;
  std::vector<double> costs;
  Penalty penalty;

  double Objective(const std::vector<double>& weights, double intercept) const {
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double y = labels[i] != 0 ? 1 : -1;
      sum += costs[i] * std::log1p(std::exp(-y * Score(i, weights, intercept)));
    }
    for (const double weight : weights) {
      sum += penalty.l1 * std::abs(weight) + penalty.l2 / 2 * weight * weight;
    }
    return sum;
  }

  double Score(std::size_t row, const std::vector<double>& weights, double intercept) const {
    double score = intercept;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      score += rows[row][j] * weights[j];
    }
    return score;
  }

  // Accelerated proximal gradient with restarts (Beck and Teboulle, 2009), long enough.
  double Optimum() const {
    const std::size_t size = rows.front().size();
    double lipschitz = penalty.l2;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double squares = 1;
      for (const double x : rows[i]) {
        squares += x * x;
      }
      lipschitz += costs[i] * squares / 4;
    }
    std::vector<double> at(size + 1);
    std::vector<double> ahead = at;
    double momentum = 1;
    double best = Objective({at.begin(), at.end() - 1}, at.back());
    double best_before = best;
    for (int step = 1; step <= 20000; ++step) {
      if (step % 500 == 0) {
        if (best > best_before * (1 - 1e-9)) {
          break;
        }
        best_before = best;
      }
      std::vector<double> slope(size + 1);
      const std::vector<double> weights(ahead.begin(), ahead.end() - 1);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const double p = 1 / (1 + std::exp(-Score(i, weights, ahead.back())));
        const double error = costs[i] * (p - labels[i]);
        for (std::size_t j = 0; j < size; ++j) {
          slope[j] += error * rows[i][j];
        }
        slope[size] += error;
      }
      std::vector<double> next(size + 1);
      for (std::size_t j = 0; j < size; ++j) {
        const double moved = ahead[j] - (slope[j] + penalty.l2 * ahead[j]) / lipschitz;
        const double shrunk = std::max(std::abs(moved) - penalty.l1 / lipschitz, 0.0);
        next[j] = moved > 0 ? shrunk : -shrunk;
      }
      next[size] = ahead[size] - slope[size] / lipschitz;
      const double objective = Objective({next.begin(), next.end() - 1}, next.back());
      if (objective > best) {
        momentum = 1;  // restart
      }
      best = std::min(best, objective);
      const double next_momentum = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
      for (std::size_t j = 0; j <= size; ++j) {
        ahead[j] = next[j] + (momentum - 1) / next_momentum * (next[j] - at[j]);
      }
      at = next;
      momentum = next_momentum;
    }
    return best;
  }
};

// A random problem in both shapes.
struct FitCase {
  OwnedHistories histories;
  Vocabulary vocabulary;
  std::vector<std::vector<std::uint32_t>> folds;
  std::vector<bool> is_masked;
  DesignMatrix matrix;
  Features features;
  std::vector<std::uint8_t> labels;
  std::vector<double> costs;

  FitCase(std::mt19937_64& random, Transform transform)
      : histories(RandomHistories(random, 60, 15)),
        vocabulary(ChooseVocabulary(histories.View(), {.min_people = 1, .max_share = 1})),
        folds(RandomFolds(random, 60, 3)),
        is_masked(vocabulary.tokens.size()),
        matrix(histories.View(), vocabulary, folds, is_masked),
        features(matrix, vocabulary.idf, transform) {
    const double c = std::pow(10, static_cast<double>(random() % 5) - 2);
    for (std::size_t row = 0; row < matrix.num_rows(); ++row) {
      // The first token makes positives likelier; of one class alone there would be no optimum.
      const bool has_first = !matrix.RowColumns(row).empty() && matrix.RowColumns(row).front() == 0;
      labels.push_back(row % 7 == 0 ? row % 2 : (random() % 4 < (has_first ? 3U : 1U)));
      costs.push_back(c * (labels.back() != 0 ? 2.5 : 1));
    }
  }

  LogisticProblem Problem(const Penalty& penalty, std::optional<std::size_t> held_out) const {
    return {.features = &features,
            .labels = labels,
            .costs = costs,
            .held_out = held_out,
            .penalty = penalty};
  }

  DenseProblem Dense(const LogisticProblem& problem, Transform transform) const {
    std::vector<std::uint32_t> people;
    for (const auto& fold : folds) {
      people.insert(people.end(), fold.begin(), fold.end());
    }
    const auto all = DenseRows(histories, vocabulary, people, is_masked, transform);
    DenseProblem dense{.rows = {}, .labels = {}, .costs = {}, .penalty = problem.penalty};
    for (const RowRange& range : problem.TrainingRows()) {
      for (std::size_t row = range.begin; row < range.end; ++row) {
        dense.rows.push_back(all[row]);
        dense.labels.push_back(labels[row]);
        dense.costs.push_back(costs[row]);
      }
    }
    return dense;
  }

  // Weights by term.
  std::vector<double> Weights(const LogisticModel& model) const {
    std::vector<double> weights(vocabulary.tokens.size());
    for (std::size_t column = 0; column < model.u.size(); ++column) {
      weights[matrix.terms()[column]] = model.u[column] / features.column_scales()[column];
    }
    return weights;
  }
};

constexpr std::array<Penalty, 3> kPenalties{Penalty{.l1 = 0, .l2 = 1}, Penalty{.l1 = 1, .l2 = 0},
                                            Penalty{.l1 = 0.3, .l2 = 0.7}};

TEST(LogisticFit, ReachesTheOptimumOfASlowMethod) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const Transform transform = round % 2 == 0 ? Transform::kBinary : Transform::kLogIdf;
    const FitCase c(random, transform);
    for (const Penalty& penalty : kPenalties) {
      const auto held_out = round % 3 == 0 ? std::nullopt : std::optional<std::size_t>(round % 3);
      const LogisticProblem problem = c.Problem(penalty, held_out);
      const DenseProblem dense = c.Dense(problem, transform);

      const LogisticFit fit = FitLogistic(problem, {}, {});

      const double optimum = dense.Optimum();
      const double reached = dense.Objective(c.Weights(fit.model), fit.model.intercept);
      EXPECT_NEAR(reached, fit.objective, 1e-9 * optimum);
      EXPECT_LE(reached, optimum * (1 + 1e-6)) << "l1 " << penalty.l1;
      EXPECT_GE(reached, optimum * (1 - 1e-4)) << "the slow method didn't arrive";
      EXPECT_LE(reached - optimum, fit.gap + 1e-9 * optimum) << "the gap is no bound";
    }
  }
}

TEST(LogisticFit, IsTheSameFromAnyStart) {
  std::mt19937_64 random(TestSeed());
  std::uniform_real_distribution<double> number(-3, 3);
  for (int round = 0; round < TestRounds(); ++round) {
    const FitCase c(random, round % 2 == 0 ? Transform::kBinary : Transform::kLogIdf);
    for (const Penalty& penalty : kPenalties) {
      const LogisticProblem problem = c.Problem(penalty, std::nullopt);
      const LogisticFit cold = FitLogistic(problem, {}, {});
      LogisticModel start{.u = std::vector<double>(c.matrix.num_columns()),
                          .intercept = number(random)};
      for (double& u : start.u) {
        u = number(random);
      }

      const LogisticFit warm = FitLogistic(problem, {}, start);
      const LogisticFit again = FitLogistic(problem, {}, start);

      EXPECT_NEAR(warm.objective, cold.objective, 2e-6 * cold.objective);
      EXPECT_EQ(warm.model.u, again.model.u);
      EXPECT_EQ(warm.model.intercept, again.model.intercept);
    }
  }
}

TEST(LogisticFit, FindsThatNoWeightIsWorthItsPenalty) {
  std::mt19937_64 random(TestSeed());
  const FitCase c(random, Transform::kBinary);

  const LogisticFit fit = FitLogistic(c.Problem({.l1 = 1e6, .l2 = 0}, std::nullopt), {}, {});

  EXPECT_EQ(fit.model.u, std::vector<double>(c.matrix.num_columns()));
  double positives = 0;
  double negatives = 0;
  for (std::size_t row = 0; row < c.labels.size(); ++row) {
    (c.labels[row] != 0 ? positives : negatives) += c.costs[row];
  }
  EXPECT_NEAR(fit.model.intercept, std::log(positives / negatives), 1e-6);
}

TEST(LogisticFit, StaysFiniteOnSeparableRowsWithHardlyAPenalty) {
  std::mt19937_64 random(TestSeed());
  FitCase c(random, Transform::kBinary);
  for (std::size_t row = 0; row < c.labels.size(); ++row) {
    const auto columns = c.matrix.RowColumns(row);
    c.labels[row] = !columns.empty() && columns.front() == 0 ? 1 : 0;
    c.costs[row] = 1e4;
  }
  for (const Penalty& penalty : kPenalties) {
    const LogisticFit fit = FitLogistic(c.Problem(penalty, std::nullopt), {}, {});

    EXPECT_TRUE(std::isfinite(fit.objective));
    EXPECT_GT(fit.model.u.front(), 1) << "l1 " << penalty.l1;
  }
}

}  // namespace
}  // namespace weir::learn
