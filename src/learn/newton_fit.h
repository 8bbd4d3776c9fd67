#pragma once

#include "learn/logistic_problem.h"

namespace weir::learn {

// FitLogistic() for penalties without l1.
//
// Truncated Newton: each round solves the Newton equation by conjugate gradients, preconditioned by
// the Hessian's diagonal, to a precision that grows as the gradient falls, and takes a step along
// it that lowers the objective enough (Lin, Weng and Keerthi, "Trust region Newton method for
// large-scale logistic regression", 2008; Hsia, Chiang and Lin, "Preconditioned conjugate gradient
// methods in truncated Newton frameworks", 2018; the line search in place of the trust region).
// One pass over the entries a conjugate gradient step, three a round.
LogisticFit FitByNewton(const LogisticProblem& problem, const FitOptions& options,
                        const LogisticModel& start);

}  // namespace weir::learn
