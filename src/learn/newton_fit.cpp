#include "learn/newton_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "learn/search_position.h"

namespace weir::learn {
namespace {

double Dot(std::span<const double> left, std::span<const double> right) {
  return std::transform_reduce(left.begin(), left.end(), right.begin(), 0.0);
}

// One search from a start to the optimum.
class NewtonSearch {
 public:
  NewtonSearch(const LogisticProblem& problem, const LogisticModel& start)
      : at_(problem, start),
        moments_(at_.features.matrix().num_columns()),
        gradient_(moments_.size()),
        diagonal_(moments_.size()),
        stiffness_(moments_.size()),
        direction_(moments_.size()) {
    for (std::size_t column = 0; column < stiffness_.size(); ++column) {
      const double scale = at_.features.column_scales()[column];
      stiffness_[column] = problem.penalty.l2 / (scale * scale);
    }
  }

  LogisticFit Run(const FitOptions& options) {
    while (true) {
      at_.SettleIntercept();
      UpdateGradient();
      const double goal = options.tolerance * (at_.fit.objective - at_.fit.gap);
      if (at_.fit.gap <= goal || at_.fit.rounds == options.max_rounds) {
        return at_.fit;
      }
      ++at_.fit.rounds;
      SolveNewtonEquation();
      if (!Step()) {
        return at_.fit;
      }
    }
  }

 private:
  // Gradient and the Hessian's diagonal by the weights, objective and the bound on its gap: the
  // objective with the intercept at its best is l2-strongly convex.
  void UpdateGradient() {
    at_.features.ColumnMoments(at_.rows, at_.state.slopes, at_.state.curvatures, moments_);
    ++at_.fit.passes;
    double penalty = 0;
    double gap = 0;
    for (std::size_t column = 0; column < gradient_.size(); ++column) {
      const double u = at_.fit.model.u[column];
      gradient_[column] = moments_[column].first + stiffness_[column] * u;
      diagonal_[column] = moments_[column].second + stiffness_[column];
      penalty += stiffness_[column] * u * u;
      gap += gradient_[column] * gradient_[column] / stiffness_[column];
    }
    at_.fit.objective = at_.state.loss + penalty / 2;
    at_.fit.gap = gap / 2;
  }

  // Preconditioned conjugate gradients on Hessian · direction = −gradient, the intercept being one
  // more unknown.
  void SolveNewtonEquation() {
    const std::size_t size = gradient_.size();
    std::vector<double> residual(size);
    std::vector<double> scaled(size);
    std::vector<double> search(size);
    std::vector<double> product(size);
    std::ranges::fill(direction_, 0.0);
    intercept_direction_ = 0;
    double residual_intercept = -at_.state.slope;
    for (std::size_t i = 0; i < size; ++i) {
      residual[i] = -gradient_[i];
    }
    double search_intercept = 0;
    double energy = 0;  // residual · M⁻¹ · residual
    double first_energy = 0;
    for (int step = 0; step < kMaxSteps; ++step) {
      for (std::size_t i = 0; i < size; ++i) {
        scaled[i] = residual[i] / diagonal_[i];
      }
      const double scaled_intercept = residual_intercept / at_.state.curvature;
      const double next = Dot(residual, scaled) + residual_intercept * scaled_intercept;
      if (step == 0) {
        first_energy = next;
      }
      if (next <= Precision(first_energy) * first_energy) {
        return;
      }
      const double blend = step == 0 ? 0 : next / energy;
      energy = next;
      for (std::size_t i = 0; i < size; ++i) {
        search[i] = scaled[i] + blend * search[i];
      }
      search_intercept = scaled_intercept + blend * search_intercept;
      const double product_intercept = at_.features.CurvatureTimes(
          at_.rows, at_.state.curvatures, search, search_intercept, product);
      ++at_.fit.passes;
      for (std::size_t i = 0; i < size; ++i) {
        product[i] += stiffness_[i] * search[i];
      }
      const double curvature = Dot(search, product) + search_intercept * product_intercept;
      const double length = energy / curvature;
      for (std::size_t i = 0; i < size; ++i) {
        direction_[i] += length * search[i];
        residual[i] -= length * product[i];
      }
      intercept_direction_ += length * search_intercept;
      residual_intercept -= length * product_intercept;
    }
  }

  // Which share of the first energy may be left: less, the nearer the optimum is.
  double Precision(double energy) const {
    const double nearness = std::sqrt(energy / std::max(at_.fit.objective, 1e-300));
    return std::clamp(nearness, 1e-3, 0.1);
  }

  // Halves the step until the objective falls by a share of what its slope promises (Armijo).
  bool Step() {
    const double promised = Dot(gradient_, direction_) + at_.state.slope * intercept_direction_;
    at_.features.Scores(at_.rows, direction_, intercept_direction_, at_.along);
    ++at_.fit.passes;
    std::vector<double> moved(at_.fit.model.u.size());
    double length = 1;
    while (length > 1e-10) {
      for (std::size_t i = 0; i < moved.size(); ++i) {
        moved[i] = at_.fit.model.u[i] + length * direction_[i];
      }
      const double objective = LossAlong(at_.problem, at_.rows, at_.state, at_.along, length) +
                               PenaltyOf(at_.problem, moved);
      if (objective <= at_.fit.objective + 1e-4 * length * promised) {
        at_.fit.model.u.swap(moved);
        at_.fit.model.intercept += length * intercept_direction_;
        at_.Advance(length);
        return true;
      }
      length /= 2;
    }
    return false;  // no step lowers it any more: rounding decides
  }

  static constexpr int kMaxSteps = 500;

  SearchPosition at_;
  std::vector<Features::Moments> moments_;
  std::vector<double> gradient_;
  std::vector<double> diagonal_;
  std::vector<double> stiffness_;  // l2 by column, in u's scale
  std::vector<double> direction_;
  double intercept_direction_ = 0;
};

}  // namespace

LogisticFit FitByNewton(const LogisticProblem& problem, const FitOptions& options,
                        const LogisticModel& start) {
  return NewtonSearch(problem, start).Run(options);
}

}  // namespace weir::learn
