#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "operators/operator.h"

namespace weir::operators {

// Calls `take(rows, row)` for each row of a query; looks at the stop token between batches.
template <typename Take>
void ForEachRowOf(OperatorContext& context, const std::string& sql, const Take& take) {
  sql::Result result = context.Query(sql);
  while (const auto batch = result.NextBatch()) {
    if (context.stop().stop_requested()) {
      throw CancelledError();
    }
    const ArrowArray& rows = *batch->get();
    for (std::int64_t row = 0; row < rows.length; ++row) {
      take(rows, row);
    }
  }
}

}  // namespace weir::operators
