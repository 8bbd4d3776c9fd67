#pragma once

#include "operators/learn/model_rows.h"

namespace weir::operators {

// One row a segment: how it went and what was chosen. Numbers among the parameters are as short as
// reads back exactly.
Schema RunsSchema();
BatchSource RunRows(SharedModels models);

}  // namespace weir::operators
