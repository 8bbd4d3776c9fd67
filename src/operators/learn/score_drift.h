#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `score_drift`: by segment, whether scores and models of two days are still alike: the population
// stability index of the scores, the cosine of the token weights, and the bins of the scores
// (learn/drift.h).
std::unique_ptr<Operator> MakeScoreDrift();

}  // namespace weir::operators
