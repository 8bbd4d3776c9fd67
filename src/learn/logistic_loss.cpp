#include "learn/logistic_loss.h"

#include <algorithm>
#include <cmath>

namespace weir::learn {
namespace {

// ln(1 + exp(−|score|)) + max(0, −y·score): no overflow on either side.
double LossAt(double score, bool is_positive) {
  const double against = is_positive ? -score : score;
  return std::log1p(std::exp(-std::abs(score))) + std::max(against, 0.0);
}

// x · ln(x / whole), 0 at 0.
double Entropy(double part, double whole) { return part > 0 ? part * std::log(part / whole) : 0; }

void MoveScores(std::span<const RowRange> rows, double move, LossState& state) {
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      state.scores[row] += move;
    }
  }
}

}  // namespace

void LossState::Update(const LogisticProblem& problem, std::span<const RowRange> rows) {
  loss = slope = curvature = 0;
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      const double score = scores[row];
      const double cost = problem.costs[row];
      const bool is_positive = problem.labels[row] != 0;
      const double tail = std::exp(-std::abs(score));
      const double large = 1 / (1 + tail);  // the likelier side's probability
      const double small = tail * large;
      loss += cost * (std::log1p(tail) + std::max(is_positive ? -score : score, 0.0));
      const bool is_above = score > 0;
      const double wrong = is_above == is_positive ? small : large;
      slopes[row] = is_positive ? -cost * wrong : cost * wrong;
      curvatures[row] = cost * small * large;
      slope += slopes[row];
      curvature += curvatures[row];
    }
  }
}

double LossAlong(const LogisticProblem& problem, std::span<const RowRange> rows,
                 const LossState& state, std::span<const double> along, double step) {
  double loss = 0;
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      const double score = state.scores[row] + step * along[row];
      loss += problem.costs[row] * LossAt(score, problem.labels[row] != 0);
    }
  }
  return loss;
}

void SettleIntercept(const LogisticProblem& problem, std::span<const RowRange> rows,
                     LossState& state, double& intercept) {
  constexpr int kMaxSteps = 50;
  constexpr double kSmallShare = 1e-9;  // of the curvature: a slope that moves nothing
  for (int step = 0; step < kMaxSteps; ++step) {
    if (std::abs(state.slope) <= kSmallShare * state.curvature) {
      return;
    }
    const double most = state.loss * (1 + 1e-12);  // rounding of so many terms aside
    double net = std::clamp(-state.slope / state.curvature, -4.0, 4.0);
    double move = net;
    while (true) {
      MoveScores(rows, move, state);
      intercept += move;
      state.Update(problem, rows);
      if (state.loss <= most) {
        break;
      }
      net /= 2;
      move = -net;
    }
  }
}

double Violation(double slope, double weight, double l1) {
  if (weight > 0) {
    return std::abs(slope + l1);
  }
  if (weight < 0) {
    return std::abs(slope - l1);
  }
  return std::max(std::abs(slope) - l1, 0.0);
}

double PenaltyOf(const LogisticProblem& problem, std::span<const double> u) {
  const std::span<const double> scales = problem.features->column_scales();
  double absolute = 0;
  double squares = 0;
  for (std::size_t column = 0; column < u.size(); ++column) {
    const double weight = u[column] / scales[column];
    absolute += std::abs(weight);
    squares += weight * weight;
  }
  return problem.penalty.l1 * absolute + 0.5 * problem.penalty.l2 * squares;
}

double DualityGap(const LogisticProblem& problem, std::span<const RowRange> rows,
                  const LossState& state, const LogisticModel& model,
                  std::span<const Features::Moments> moments) {
  const auto [l1, l2] = problem.penalty;
  const std::span<const double> scales = problem.features->column_scales();
  double shrink = 1;     // of the dual point, until it is feasible
  double conjugate = 0;  // of the penalty, at the slopes
  for (std::size_t column = 0; column < moments.size(); ++column) {
    const double slope = std::abs(moments[column].first * scales[column]);
    if (l2 > 0) {
      const double beyond = std::max(slope - l1, 0.0);
      conjugate += beyond * beyond / (2 * l2);
    } else if (slope * shrink > l1) {
      shrink = l1 / slope;
    }
  }
  double dual = -conjugate;
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      const double cost = problem.costs[row];
      const double part = shrink * std::abs(state.slopes[row]);
      dual -= Entropy(part, cost) + Entropy(cost - part, cost);
    }
  }
  return std::max(state.loss + PenaltyOf(problem, model.u) - dual, 0.0);
}

}  // namespace weir::learn
