#pragma once

#include <span>
#include <vector>

#include "learn/logistic_problem.h"

namespace weir::learn {

// Where a search stands: the scores of the training rows and what follows from them. Vectors are
// by row; rows that aren't trained on keep what they have.
struct LossState {
  std::vector<double> scores;
  std::vector<double> slopes;      // derivative of the loss by the score: cost · (p − y)
  std::vector<double> curvatures;  // second derivative: cost · p · (1 − p)
  double loss = 0;
  double slope = 0;      // Σ slopes
  double curvature = 0;  // Σ curvatures

  explicit LossState(std::size_t num_rows)
      : scores(num_rows), slopes(num_rows), curvatures(num_rows) {}

  // All of it from the scores.
  void Update(const LogisticProblem& problem, std::span<const RowRange> rows);
};

// Loss alone at scores + step · along.
double LossAlong(const LogisticProblem& problem, std::span<const RowRange> rows,
                 const LossState& state, std::span<const double> along, double step);

// Moves the intercept to its optimum for the weights as they are, by Newton's method in one
// variable, halving steps that overshoot; state.slope is then 0 but for rounding.
void SettleIntercept(const LogisticProblem& problem, std::span<const RowRange> rows,
                     LossState& state, double& intercept);

// How far the optimum's condition on one weight is broken: the distance of −slope, of all but the
// l1 penalty by the weight, from the subgradient of l1·|weight|. In any scale, if all are in it.
double Violation(double slope, double weight, double l1);

// Value of the penalty at u.
double PenaltyOf(const LogisticProblem& problem, std::span<const double> u);

// An upper bound of objective − optimum, where the intercept is settled, from the dual problem
// (Fenchel): moments[j].first = Σ slopes[i] · x[i][j] in u's scale, without the penalty's part.
// With l2 > 0 any slopes give a dual point; with l1 alone they are scaled until they do, as in
// Koh, Kim and Boyd, "An interior-point method for large-scale l1-regularized logistic regression"
// (2007). O(rows + columns).
double DualityGap(const LogisticProblem& problem, std::span<const RowRange> rows,
                  const LossState& state, const LogisticModel& model,
                  std::span<const Features::Moments> moments);

}  // namespace weir::learn
