#include "learn/quadratic_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/split_mix.h"

namespace weir::learn {
namespace {

// The minimiser of ½(x − centre)² + threshold·|x|.
double SoftThreshold(double centre, double threshold) {
  if (centre > threshold) {
    return centre - threshold;
  }
  if (centre < -threshold) {
    return centre + threshold;
  }
  return 0;
}

// Fisher and Yates' shuffle, the same for the same state everywhere.
void Shuffle(std::vector<std::uint32_t>& order, std::uint64_t& state) {
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[NextSplitMix(state) % left]);
  }
}

}  // namespace

QuadraticModel::QuadraticModel(const LogisticProblem& problem, std::span<const RowRange> rows,
                               std::span<const std::uint32_t> columns)
    : problem_(problem),
      features_(*problem.features),
      ranges_(rows),
      columns_(columns),
      slopes_(features_.matrix().num_rows()),
      rows_(slopes_.size()),
      sums_(columns.size()),
      moves_(columns.size()),
      order_(columns.size()) {
  std::iota(order_.begin(), order_.end(), 0U);
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const double scale = features_.column_scales()[columns[index]];
    sums_[index].scale = scale;
    sums_[index].l1 = problem.penalty.l1 / scale;
    sums_[index].l2 = problem.penalty.l2 / (scale * scale);
  }
}

// Calls `work(row, x)` for the training entries of a column, x without the row's scale.
template <typename Work>
void QuadraticModel::ForEachEntry(std::uint32_t column, const Work& work) const {
  const DesignMatrix& matrix = features_.matrix();
  const std::span<const std::uint32_t> rows = matrix.entry_rows();
  const std::span<const std::uint16_t> days = matrix.entry_days();
  const auto walk = [&](std::size_t first, std::size_t last) {
    const auto [begin, end] = matrix.ColumnEntries(column, first, last);
    if (features_.is_binary()) {
      for (std::size_t entry = begin; entry < end; ++entry) {
        work(rows[entry], 1.0);
      }
    } else {
      for (std::size_t entry = begin; entry < end; ++entry) {
        work(rows[entry], features_.Value(days[entry]));
      }
    }
  };
  const std::size_t held_out = problem_.held_out.value_or(matrix.num_folds());
  walk(0, held_out);
  if (held_out < matrix.num_folds()) {
    walk(held_out + 1, matrix.num_folds());
  }
}

double QuadraticModel::Start(const LossState& state, std::span<const double> u,
                             Curvature curvature) {
  slope_ = state.slope;
  curvature_ = intercept_move_ = weighted_moves_ = 0;
  for (const RowRange& range : ranges_) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      TakeRow(row, state, curvature);
    }
  }
  std::ranges::fill(moves_, 0.0);
  double violation = 0;
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    TakeColumn(index, u[columns_[index]]);
    const Column& sums = sums_[index];
    violation += Violation(sums.slope + sums.l2 * sums.start, sums.start, sums.l1) * sums.scale;
  }
  return violation;
}

void QuadraticModel::TakeRow(std::size_t row, const LossState& state, Curvature curvature) {
  const double scale = features_.row_scale(row);
  const double score = state.scores[row];
  const double bound = std::abs(score) < 1e-4 ? 0.25 : std::tanh(score / 2) / (2 * score);
  const double taken =
      curvature == Curvature::kLocal ? state.curvatures[row] : problem_.costs[row] * bound;
  slopes_[row] = {.slope = state.slopes[row] * scale, .weighted = taken * scale};
  rows_[row] = {.curvature = taken * scale * scale, .moved = 0};
  curvature_ += taken;
}

void QuadraticModel::TakeColumn(std::size_t index, double u) {
  double slope = 0;
  double curvature = 0;
  double cross = 0;
  ForEachEntry(columns_[index], [&](std::uint32_t number, double x) {
    slope += slopes_[number].slope * x;
    curvature += rows_[number].curvature * x * x;
    cross += slopes_[number].weighted * x;
    ++entries_read_;
  });
  sums_[index].slope = slope;
  sums_[index].curvature = curvature;
  sums_[index].cross = cross;
  sums_[index].start = u;
}

void QuadraticModel::Minimise() {
  constexpr int kMaxCycles = 30;
  constexpr double kShare = 0.1;
  double first = 0;
  MoveIntercept();
  for (int cycle = 0; cycle < kMaxCycles; ++cycle) {
    const double violation = Cycle();
    if (cycle == 0) {
      first = violation;
    }
    if (violation <= kShare * first) {
      break;
    }
  }
}

double QuadraticModel::Cycle() {
  double violation = 0;
  Shuffle(order_, random_state_);
  for (const std::uint32_t index : order_) {
    violation += MoveColumn(index);
  }
  return violation;
}

double QuadraticModel::MoveColumn(std::size_t index) {
  const Column& sums = sums_[index];
  double change = 0;
  ForEachEntry(columns_[index], [&](std::uint32_t number, double x) {
    change += rows_[number].curvature * rows_[number].moved * x;
    ++entries_read_;
  });
  const double u = sums.start + moves_[index];
  const double slope = sums.slope + change + sums.cross * intercept_move_ + sums.l2 * u;
  const double curvature = sums.curvature + sums.l2;
  if (curvature <= 0) {
    return 0;
  }
  const double violation = Violation(slope, u, sums.l1) * sums.scale;
  const double move = SoftThreshold(u - slope / curvature, sums.l1 / curvature) - u;
  if (move == 0) {
    return violation;
  }
  moves_[index] += move;
  weighted_moves_ += move * sums.cross;
  MoveIntercept();  // at its best all the time: the columns are not independent of it
  ForEachEntry(columns_[index], [&](std::uint32_t number, double x) {
    rows_[number].moved += move * x;
    ++entries_read_;
  });
  return violation;
}

void QuadraticModel::MoveIntercept() { intercept_move_ = -(slope_ + weighted_moves_) / curvature_; }

void QuadraticModel::ScoresAlong(std::span<double> along) const {
  for (const RowRange& range : ranges_) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      along[row] = intercept_move_ + features_.row_scale(row) * rows_[row].moved;
    }
  }
}

double QuadraticModel::passes() const {
  return static_cast<double>(entries_read_) /
         static_cast<double>(std::max<std::size_t>(features_.matrix().num_entries(), 1));
}

}  // namespace weir::learn
