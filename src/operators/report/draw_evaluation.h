#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `draw_evaluation`: what evaluate_scores and score_drift found, as one HTML page that needs
// nothing else: charts are SVG within it, there are no scripts. It reads well on a phone and in
// print.
std::unique_ptr<Operator> MakeDrawEvaluation();

}  // namespace weir::operators
