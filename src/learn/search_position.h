#pragma once

#include <span>
#include <vector>

#include "learn/logistic_loss.h"
#include "learn/logistic_problem.h"

namespace weir::learn {

// Where a search for the optimum stands, whatever its method: the model, and the loss of the
// training rows under it. `problem` must outlive it.
struct SearchPosition {
  const LogisticProblem& problem;
  const Features& features;
  std::vector<RowRange> rows;  // that are trained on
  LossState state;
  std::vector<double> along;  // by row: scores that a step of length 1 adds
  LogisticFit fit;

  // At `start`, or at weights of 0 where it has none. One pass over the entries.
  SearchPosition(const LogisticProblem& to_solve, const LogisticModel& start);

  // Adds length · along to the scores, after the model was moved so.
  void Advance(double length);

  // Moves the intercept to its best for the weights as they are.
  void SettleIntercept() { learn::SettleIntercept(problem, rows, state, fit.model.intercept); }
};

}  // namespace weir::learn
