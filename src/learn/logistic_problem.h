#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learn/features.h"

namespace weir::learn {

// Σ l1·|w| + ½·l2·w², over the columns' weights; the intercept is free.
struct Penalty {
  double l1 = 0;
  double l2 = 0;
};

// Minimise Σ_i costs[i] · ln(1 + exp(−y_i (w·x_i + b))) + penalty(w) over the rows of all folds but
// `held_out`; y_i is 1 where labels[i], else −1. A view: what it points at must outlive it.
struct LogisticProblem {
  const Features* features = nullptr;
  std::span<const std::uint8_t> labels;  // by row, 0 or 1
  std::span<const double> costs;         // by row, C times the weight of its class, above 0
  std::optional<std::size_t> held_out;
  Penalty penalty;

  std::vector<RowRange> TrainingRows() const;
};

// What is left to choose when the data are given.
struct LogisticModel {
  std::vector<double> u;  // by column: column scale · weight
  double intercept = 0;
};

struct FitOptions {
  // Stop when the objective is within this share of the optimum: by the duality gap, which shows it
  // beyond doubt, or, with l1, where the gap lags far behind, by a careful guess of what is left to
  // gain.
  double tolerance = 1e-6;
  int max_rounds = 200;
};

struct LogisticFit {
  LogisticModel model;
  double objective = 0;
  double gap = 0;     // objective − optimum is at most this
  int rounds = 0;     // outer iterations
  double passes = 0;  // over all entries of the matrix: what it cost
};

// The optimum of `problem`, from `start` (whose `u` is empty, or has one weight a column: a
// solution near by saves time and changes the result within the tolerance only). With l1 = 0 by a
// truncated Newton method, else by coordinate descent over a working set. The rows must hold both
// classes. Deterministic; uses the caller's thread alone.
LogisticFit FitLogistic(const LogisticProblem& problem, const FitOptions& options,
                        const LogisticModel& start);

}  // namespace weir::learn
