#include "learn/newton_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "learn/logistic_loss.h"

namespace weir::learn {
namespace {

double Dot(std::span<const double> left, std::span<const double> right) {
  return std::transform_reduce(left.begin(), left.end(), right.begin(), 0.0);
}

// One search from a start to the optimum.
class NewtonSearch {
 public:
  NewtonSearch(const LogisticProblem& problem, const LogisticModel& start)
      : problem_(problem),
        features_(*problem.features),
        rows_(problem.TrainingRows()),
        state_(features_.matrix().num_rows()),
        along_(features_.matrix().num_rows()),
        moments_(features_.matrix().num_columns()),
        gradient_(moments_.size()),
        diagonal_(moments_.size()),
        stiffness_(moments_.size()),
        direction_(moments_.size()) {
    for (std::size_t column = 0; column < stiffness_.size(); ++column) {
      const double scale = features_.column_scales()[column];
      stiffness_[column] = problem.penalty.l2 / (scale * scale);
    }
    fit_.model = start;
    if (fit_.model.u.empty())
      fit_.model.u.assign(stiffness_.size(), 0.0);
  }

  LogisticFit Run(const FitOptions& options) {
    features_.Scores(rows_, fit_.model.u, fit_.model.intercept, state_.scores);
    state_.Update(problem_, rows_);
    ++fit_.passes;
    while (true) {
      SettleIntercept(problem_, rows_, state_, fit_.model.intercept);
      UpdateGradient();
      const double goal = options.tolerance * (fit_.objective - fit_.gap);
      if (fit_.gap <= goal || fit_.rounds == options.max_rounds)
        return fit_;
      ++fit_.rounds;
      SolveNewtonEquation();
      if (!Step())
        return fit_;
    }
  }

 private:
  // Gradient and the Hessian's diagonal by the weights, objective and the bound on its gap: the
  // objective with the intercept at its best is l2-strongly convex.
  void UpdateGradient() {
    features_.ColumnMoments(rows_, state_.slopes, state_.curvatures, moments_);
    ++fit_.passes;
    double penalty = 0;
    double gap = 0;
    for (std::size_t column = 0; column < gradient_.size(); ++column) {
      const double u = fit_.model.u[column];
      gradient_[column] = moments_[column].first + stiffness_[column] * u;
      diagonal_[column] = moments_[column].second + stiffness_[column];
      penalty += stiffness_[column] * u * u;
      gap += gradient_[column] * gradient_[column] / stiffness_[column];
    }
    fit_.objective = state_.loss + penalty / 2;
    fit_.gap = gap / 2;
  }

  // Preconditioned conjugate gradients on (H, intercept) · direction = −gradient. The intercept is
  // eliminated by its own row only as far as the preconditioner goes.
  void SolveNewtonEquation() {
    const std::size_t size = gradient_.size();
    std::vector<double> residual(size);
    std::vector<double> scaled(size);
    std::vector<double> search(size);
    std::vector<double> product(size);
    std::ranges::fill(direction_, 0.0);
    intercept_direction_ = 0;
    double residual_intercept = -state_.slope;
    for (std::size_t i = 0; i < size; ++i)
      residual[i] = -gradient_[i];
    double search_intercept = 0;
    double energy = 0;  // residual · M⁻¹ · residual
    double first_energy = 0;
    for (int step = 0; step < kMaxSteps; ++step) {
      for (std::size_t i = 0; i < size; ++i)
        scaled[i] = residual[i] / diagonal_[i];
      const double scaled_intercept = residual_intercept / state_.curvature;
      const double next = Dot(residual, scaled) + residual_intercept * scaled_intercept;
      if (step == 0)
        first_energy = next;
      if (next <= Precision(first_energy) * first_energy)
        return;
      const double blend = step == 0 ? 0 : next / energy;
      energy = next;
      for (std::size_t i = 0; i < size; ++i)
        search[i] = scaled[i] + blend * search[i];
      search_intercept = scaled_intercept + blend * search_intercept;
      const double product_intercept =
          features_.CurvatureTimes(rows_, state_.curvatures, search, search_intercept, product);
      ++fit_.passes;
      for (std::size_t i = 0; i < size; ++i)
        product[i] += stiffness_[i] * search[i];
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
    const double nearness = std::sqrt(energy / std::max(fit_.objective, 1e-300));
    return std::clamp(nearness, 1e-3, 0.1);
  }

  // Halves the step until the objective falls by a share of what its slope promises (Armijo).
  bool Step() {
    const double promised = Dot(gradient_, direction_) + state_.slope * intercept_direction_;
    features_.Scores(rows_, direction_, intercept_direction_, along_);
    ++fit_.passes;
    std::vector<double> moved(fit_.model.u.size());
    for (double length = 1; length > 1e-10; length /= 2) {
      for (std::size_t i = 0; i < moved.size(); ++i) {
        moved[i] = fit_.model.u[i] + length * direction_[i];
      }
      const double objective =
          LossAlong(problem_, rows_, state_, along_, length) + PenaltyOf(problem_, moved);
      if (objective > fit_.objective + 1e-4 * length * promised)
        continue;
      fit_.model.u.swap(moved);
      fit_.model.intercept += length * intercept_direction_;
      for (const RowRange& range : rows_) {
        for (std::size_t row = range.begin; row < range.end; ++row) {
          state_.scores[row] += length * along_[row];
        }
      }
      state_.Update(problem_, rows_);
      return true;
    }
    return false;  // no step lowers it any more: rounding decides
  }

  static constexpr int kMaxSteps = 500;

  const LogisticProblem& problem_;
  const Features& features_;
  std::vector<RowRange> rows_;
  LossState state_;
  std::vector<double> along_;  // by row: scores of the direction
  std::vector<Features::Moments> moments_;
  std::vector<double> gradient_;
  std::vector<double> diagonal_;
  std::vector<double> stiffness_;  // l2 by column, in u's scale
  std::vector<double> direction_;
  double intercept_direction_ = 0;
  LogisticFit fit_;
};

}  // namespace

LogisticFit FitByNewton(const LogisticProblem& problem, const FitOptions& options,
                        const LogisticModel& start) {
  return NewtonSearch(problem, start).Run(options);
}

}  // namespace weir::learn
