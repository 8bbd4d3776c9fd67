#include "learn/working_set_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "learn/logistic_loss.h"
#include "learn/quadratic_model.h"

namespace weir::learn {
namespace {

class WorkingSetSearch {
 public:
  WorkingSetSearch(const LogisticProblem& problem, const LogisticModel& start)
      : problem_(problem),
        features_(*problem.features),
        rows_(problem.TrainingRows()),
        state_(features_.matrix().num_rows()),
        along_(features_.matrix().num_rows()),
        moments_(features_.matrix().num_columns()),
        slopes_(moments_.size()),
        violations_(slopes_.size()) {
    fit_.model = start;
    if (fit_.model.u.empty())
      fit_.model.u.assign(slopes_.size(), 0.0);
  }

  LogisticFit Run(const FitOptions& options) {
    constexpr double kCaution = 0.1;  // what is left to gain is a guess
    features_.Scores(rows_, fit_.model.u, fit_.model.intercept, state_.scores);
    state_.Update(problem_, rows_);
    ++fit_.passes;
    while (true) {
      SettleIntercept(problem_, rows_, state_, fit_.model.intercept);
      UpdateSlopes();
      const double goal = options.tolerance * (fit_.objective - fit_.gap);
      if (fit_.gap <= goal || LeftToGain() <= kCaution * options.tolerance * fit_.objective)
        return fit_;
      if (fit_.rounds == options.max_rounds)
        return fit_;
      ++fit_.rounds;
      ChooseColumns();
      if (!MoveColumns())
        return fit_;
    }
  }

 private:
  void UpdateSlopes() {
    features_.ColumnMoments(rows_, state_.slopes, state_.curvatures, moments_);
    ++fit_.passes;
    for (std::size_t column = 0; column < slopes_.size(); ++column) {
      slopes_[column] = moments_[column].first;
    }
    fit_.objective = state_.loss + PenaltyOf(problem_, fit_.model.u);
    fit_.gap = DualityGap(problem_, rows_, state_, fit_.model, slopes_);
    total_violation_ = column_gains_ = 0;
    const auto [l1, l2] = problem_.penalty;
    for (std::size_t column = 0; column < slopes_.size(); ++column) {
      const double scale = features_.column_scales()[column];
      const double weight = fit_.model.u[column] / scale;
      const double slope = slopes_[column] * scale + l2 * weight;
      const double sign = weight > 0 ? 1 : -1;
      violations_[column] =
          weight != 0 ? std::abs(slope + sign * l1) : std::max(std::abs(slope) - l1, 0.0);
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
    const double gained = last_objective_ - fit_.objective;
    const double lessened = std::min(total_violation_ / last_violation_, 1.0);
    const double left = is_model_good_ ? std::max(gained * lessened, column_gains_)
                                       : std::numeric_limits<double>::infinity();
    last_objective_ = fit_.objective;
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
    for (std::uint32_t column = 0; column < slopes_.size(); ++column) {
      if (fit_.model.u[column] != 0) {
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
    QuadraticModel model(problem_, rows_, columns_);
    bool has_moved = false;
    for (int round = 0; round < kMaxRounds; ++round) {
      const double violation = model.Start(state_, fit_.model.u, Curvature::kLocal);
      if (round > 0 && violation <= kShare * total_violation_)
        break;
      model.Minimise();
      is_model_good_ = true;
      if (!Step(model, kShortestLocalStep)) {
        is_model_good_ = false;
        model.Start(state_, fit_.model.u, Curvature::kBound);
        model.Minimise();
        if (!Step(model, kShortestStep))
          break;
      }
      SettleIntercept(problem_, rows_, state_, fit_.model.intercept);
      has_moved = true;
    }
    fit_.passes += model.passes();
    return has_moved;
  }

  // Halves the step until the objective falls by a share of what its slope promises (Armijo).
  bool Step(const QuadraticModel& model, double shortest) {
    model.ScoresAlong(along_);
    double slope = 0;
    for (const RowRange& range : rows_) {
      for (std::size_t row = range.begin; row < range.end; ++row) {
        slope += state_.slopes[row] * along_[row];
      }
    }
    const double objective = state_.loss + PenaltyOf(problem_, fit_.model.u);
    const double penalty = objective - state_.loss;
    const double noise = 1e-12 * objective;  // of sums over so many rows
    const std::vector<double> before = fit_.model.u;
    for (double length = 1; length >= shortest; length /= 2) {
      for (std::size_t index = 0; index < columns_.size(); ++index) {
        fit_.model.u[columns_[index]] = before[columns_[index]] + length * model.moves()[index];
      }
      const double moved_penalty = PenaltyOf(problem_, fit_.model.u);
      const double moved = LossAlong(problem_, rows_, state_, along_, length) + moved_penalty;
      const double promised = length * slope + moved_penalty - penalty;
      if (promised >= 0 || moved > objective + 1e-4 * promised + noise)
        continue;
      fit_.model.intercept += length * model.intercept_move();
      for (const RowRange& range : rows_) {
        for (std::size_t row = range.begin; row < range.end; ++row) {
          state_.scores[row] += length * along_[row];
        }
      }
      state_.Update(problem_, rows_);
      is_model_good_ = is_model_good_ && length == 1;
      return true;
    }
    fit_.model.u = before;
    return false;
  }

  const LogisticProblem& problem_;
  const Features& features_;
  std::vector<RowRange> rows_;
  LossState state_;
  std::vector<double> along_;
  std::vector<Features::Moments> moments_;
  std::vector<double> slopes_;      // of the loss by u, by column
  std::vector<double> violations_;  // of the optimum's conditions, in the weights' scale
  double total_violation_ = 0;
  double last_objective_ = 0;  // of the round before
  double last_violation_ = 0;
  double column_gains_ = 0;     // Σ of what one column alone might gain, by the loss's model
  bool is_model_good_ = false;  // whether the last step was a whole one by the local model
  std::vector<std::uint32_t> columns_;  // the working set, ascending
  LogisticFit fit_;
};

}  // namespace

LogisticFit FitByWorkingSets(const LogisticProblem& problem, const FitOptions& options,
                             const LogisticModel& start) {
  return WorkingSetSearch(problem, start).Run(options);
}

}  // namespace weir::learn
