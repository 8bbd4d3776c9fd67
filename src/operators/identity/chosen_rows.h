#pragma once

#include <functional>

#include "data/batch.h"
#include "data/schema.h"

namespace weir::operators {

// The rows of a batch for which `keep` holds, in order. Columns are texts, 64-bit integers or
// timestamps. Throws std::logic_error for other types.
Batch ChosenRows(const Batch& rows, const Schema& schema,
                 const std::function<bool(const ArrowArray& rows, std::int64_t row)>& keep);

}  // namespace weir::operators
