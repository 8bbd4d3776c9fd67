#pragma once

#include "learn/logistic_problem.h"

namespace weir::learn {

// FitLogistic() for penalties with l1 (and perhaps l2: the elastic net).
//
// Proximal Newton over a working set: of all columns only those with a weight and those whose
// slope breaks the optimum's conditions most are moved; the set grows until the duality gap, taken
// over all columns, is small enough. On the set, rounds of: the loss's quadratic model, minimised
// with the penalty by coordinate descent, then a step along the difference that lowers the
// objective enough (Yuan, Ho and Lin, "An improved GLMNET for l1-regularized logistic regression",
// 2012; Massias, Gramfort and Salmon, "Celer: a fast solver for the lasso with dual extrapolation",
// 2018, for the sets). One pass over all entries a set, else passes over the set's columns.
LogisticFit FitByWorkingSets(const LogisticProblem& problem, const FitOptions& options,
                             const LogisticModel& start);

}  // namespace weir::learn
