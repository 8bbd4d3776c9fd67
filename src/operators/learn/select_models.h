#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `select_models`: for each segment a grid search with cross-validation over people's tokens
// (learn/model_selection.h), on all processors, one segment a thread.
std::unique_ptr<Operator> MakeSelectModels();

}  // namespace weir::operators
