#pragma once

#include <optional>

#include "data/column_builder.h"

namespace weir::operators {

// A number, or null for none.
inline void AppendOptional(NumberColumn<double>& column, const std::optional<double>& value) {
  if (value) {
    column.Append(*value);
  } else {
    column.AppendNull();
  }
}

}  // namespace weir::operators
