#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `score_candidates`: everybody whose label came later, by the segment's model and by what any
// model must beat: multinomial naive Bayes, popularity (Σ over the person's tokens of the share of
// the segment's training positives who have it), activity (their number). A method that a segment
// lacks is null. On all processors; the same for any number.
std::unique_ptr<Operator> MakeScoreCandidates();

}  // namespace weir::operators
