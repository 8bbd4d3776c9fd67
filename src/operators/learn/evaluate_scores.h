#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `evaluate_scores`: how well methods rank the same people, by segment and over all segments, each
// of which weighs the same there, with bootstrap intervals (learn/evaluation.h).
std::unique_ptr<Operator> MakeEvaluateScores();

}  // namespace weir::operators
