#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `score_people`: the best people of each segment by its model (learn/scoring.h), on all
// processors.
std::unique_ptr<Operator> MakeScorePeople();

}  // namespace weir::operators
