#include "learn/working_set_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learn/quadratic_model.h"
#include "learn/search_position.h"

namespace weir::learn {
namespace {

class WorkingSetSearch {
 public:
  WorkingSetSearch(const LogisticProblem& problem, const LogisticModel& start)
      : at_(problem, start),
        moments_(at_.features.matrix().num_columns()),
        violations_(moments_.size()) {}

  LogisticFit Run(const FitOptions& options) {
    constexpr double kCaution = 0.1;  // what is left to gain is a guess
    while (true) {
      at_.SettleIntercept();
      UpdateSlopes();
      const double goal = options.tolerance * (at_.fit.objective - at_.fit.gap);
      if (at_.fit.gap <= goal || LeftToGain() <= kCaution * options.tolerance * at_.fit.objective) {
        return at_.fit;
      }
      if (at_.fit.rounds == options.max_rounds) {
        return at_.fit;
      }
      ++at_.fit.rounds;
      ChooseColumns();
      if (!MoveColumns()) {
        return at_.fit;
      }
    }
  }

 private:
  void UpdateSlopes() {
    at_.features.ColumnMoments(at_.rows, at_.state.slopes, at_.state.curvatures, moments_);
    ++at_.fit.passes;
    at_.fit.objective = at_.state.loss + PenaltyOf(at_.problem, at_.fit.model.u);
    at_.fit.gap = DualityGap(at_.problem, at_.rows, at_.state, at_.fit.model, moments_);
    total_violation_ = column_gains_ = 0;
    const auto [l1, l2] = at_.problem.penalty;
    for (std::size_t column = 0; column < violations_.size(); ++column) {
      const double scale = at_.features.column_scales()[column];
      const double weight = at_.fit.model.u[column] / scale;
      violations_[column] = Violation(moments_[column].first * scale + l2 * weight, weight, l1);
      total_violation_ += violations_[column];
      const double curvature = moments_[column].second * scale * scale + l2;
      if (violations_[column] > 0) {
        column_gains_ += violations_[column] * violations_[column] / (2 * curvature);
      }
    }
  }

  // A guess of what the rounds to come may gain, as the duality gap, which goes by the worst of all
  // columns, shows the same much later: the larger of what every column might gain by itself, and
  // of what the last round gained, lessened as the violation was. Nothing is guessed before the
  // loss's model has held on a whole step.
  double LeftToGain() {
    const double gained = last_objective_ - at_.fit.objective;
    const double lessened = std::min(total_violation_ / last_violation_, 1.0);
    const double left = is_model_good_ ? std::max(gained * lessened, column_gains_)
                                       : std::numeric_limits<double>::infinity();
    last_objective_ = at_.fit.objective;
    last_violation_ = total_violation_;
    return left;
  }

  // Every column with a weight, and of the others, worst first, several times as many: a column too
  // many costs little beside another round, which looks at all of them.
  void ChooseColumns() {
    constexpr std::size_t kFewest = 2000;
    constexpr std::size_t kTimes = 7;
    columns_.clear();
    std::vector<std::uint32_t> others;
    for (std::uint32_t column = 0; column < violations_.size(); ++column) {
      if (at_.fit.model.u[column] != 0) {
        columns_.push_back(column);
      } else if (violations_[column] > 0) {
        others.push_back(column);
      }
    }
    const std::size_t more = std::min(others.size(), std::max(kFewest, kTimes * columns_.size()));
    std::ranges::partial_sort(
        others, others.begin() + static_cast<std::ptrdiff_t>(more), {},
        [&](std::uint32_t column) { return std::pair(-violations_[column], column); });
    columns_.insert(columns_.end(), others.begin(),
                    others.begin() + static_cast<std::ptrdiff_t>(more));
    std::ranges::sort(columns_);
  }

  // Proximal Newton rounds on the set until little is left of all columns' violation.
  bool MoveColumns() {
    constexpr int kMaxRounds = 30;
    constexpr double kShare = 0.1;
    constexpr double kShortestLocalStep = 0.125;  // the model is no good so far out
    constexpr double kShortestStep = 1e-10;
    QuadraticModel model(at_.problem, at_.rows, columns_);
    bool has_moved = false;
    for (int round = 0; round < kMaxRounds; ++round) {
      const double violation = model.Start(at_.state, at_.fit.model.u, Curvature::kLocal);
      if (round > 0 && violation <= kShare * total_violation_) {
        break;
      }
      model.Minimise();
      is_model_good_ = true;
      if (!Step(model, kShortestLocalStep)) {
        is_model_good_ = false;
        model.Start(at_.state, at_.fit.model.u, Curvature::kBound);
        model.Minimise();
        if (!Step(model, kShortestStep)) {
          break;
        }
      }
      at_.SettleIntercept();
      has_moved = true;
    }
    at_.fit.passes += model.passes();
    return has_moved;
  }

  // Halves the step until the objective falls by a share of what its slope promises (Armijo).
  bool Step(const QuadraticModel& model, double shortest) {
    model.ScoresAlong(at_.along);
    double slope = 0;
    for (const RowRange& range : at_.rows) {
      for (std::size_t row = range.begin; row < range.end; ++row) {
        slope += at_.state.slopes[row] * at_.along[row];
      }
    }
    const double objective = at_.state.loss + PenaltyOf(at_.problem, at_.fit.model.u);
    const double penalty = objective - at_.state.loss;
    const double noise = 1e-12 * objective;  // of sums over so many rows
    const std::vector<double> before = at_.fit.model.u;
    double length = 1;
    while (length >= shortest) {
      for (std::size_t index = 0; index < columns_.size(); ++index) {
        at_.fit.model.u[columns_[index]] = before[columns_[index]] + length * model.moves()[index];
      }
      const double moved_penalty = PenaltyOf(at_.problem, at_.fit.model.u);
      const double moved =
          LossAlong(at_.problem, at_.rows, at_.state, at_.along, length) + moved_penalty;
      const double promised = length * slope + moved_penalty - penalty;
      if (promised < 0 && moved <= objective + 1e-4 * promised + noise) {
        at_.fit.model.intercept += length * model.intercept_move();
        at_.Advance(length);
        is_model_good_ = is_model_good_ && length == 1;
        return true;
      }
      length /= 2;
    }
    at_.fit.model.u = before;
    return false;
  }

  SearchPosition at_;
  std::vector<Features::Moments> moments_;
  std::vector<double> violations_;  // of the optimum's conditions, in the weights' scale
  double total_violation_ = 0;
  double last_objective_ = 0;  // of the round before
  double last_violation_ = 0;
  double column_gains_ = 0;     // Σ of what one column alone might gain, by the loss's model
  bool is_model_good_ = false;  // whether the last step was a whole one by the local model
  std::vector<std::uint32_t> columns_;  // the working set, ascending
};

}  // namespace

LogisticFit FitByWorkingSets(const LogisticProblem& problem, const FitOptions& options,
                             const LogisticModel& start) {
  return WorkingSetSearch(problem, start).Run(options);
}

}  // namespace weir::learn
