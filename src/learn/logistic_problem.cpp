#include "learn/logistic_problem.h"

#include "learn/newton_fit.h"
#include "learn/working_set_fit.h"

namespace weir::learn {

std::vector<RowRange> LogisticProblem::TrainingRows() const {
  const DesignMatrix& matrix = features->matrix();
  return held_out ? matrix.RowsWithout(*held_out) : matrix.AllRows();
}

LogisticFit FitLogistic(const LogisticProblem& problem, const FitOptions& options,
                        const LogisticModel& start) {
  return problem.penalty.l1 > 0 ? FitByWorkingSets(problem, options, start)
                                : FitByNewton(problem, options, start);
}

}  // namespace weir::learn
