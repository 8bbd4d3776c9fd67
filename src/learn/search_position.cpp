#include "learn/search_position.h"

namespace weir::learn {

SearchPosition::SearchPosition(const LogisticProblem& to_solve, const LogisticModel& start)
    : problem(to_solve),
      features(*to_solve.features),
      rows(to_solve.TrainingRows()),
      state(features.matrix().num_rows()),
      along(features.matrix().num_rows()) {
  fit.model = start;
  if (fit.model.u.empty()) {
    fit.model.u.assign(features.matrix().num_columns(), 0.0);
  }
  features.Scores(rows, fit.model.u, fit.model.intercept, state.scores);
  state.Update(problem, rows);
  ++fit.passes;
}

void SearchPosition::Advance(double length) {
  for (const RowRange& range : rows) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      state.scores[row] += length * along[row];
    }
  }
  state.Update(problem, rows);
}

}  // namespace weir::learn
