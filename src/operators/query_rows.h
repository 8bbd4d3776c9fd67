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

// A cell of a column of 64-bit integers, that isn't null.
inline std::int64_t WholeAt(const ArrowArray& rows, int column, std::int64_t row) {
  const ArrowArray& numbers = *rows.children[column];
  return static_cast<const std::int64_t*>(numbers.buffers[1])[numbers.offset + row];
}

}  // namespace weir::operators
