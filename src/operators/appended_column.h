#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/batch.h"

namespace weir::operators {

// The first `num_columns` columns of `rows`, not copied, and behind them one of 64-bit integers,
// one a row.
Batch AppendIntegers(Batch rows, std::size_t num_columns, std::vector<std::int64_t> integers);

}  // namespace weir::operators
