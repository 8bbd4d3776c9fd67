#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "data/batch.h"
#include "data/column_builder.h"

namespace weir::operators {

// A batch of what the columns hold; each has `num_rows` rows and is empty afterwards.
template <typename... Columns>
Batch Together(std::size_t num_rows, Columns&... columns) {
  std::vector<Batch> parts;
  (parts.push_back(columns.Finish()), ...);
  return StructOfColumns(num_rows, std::move(parts));
}

}  // namespace weir::operators
