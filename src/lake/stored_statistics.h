#pragma once

#include <span>
#include <string>

#include "data/predicate.h"
#include "lake/actions.h"

namespace weir::lake {

// What the log says of the values at `path` in a file: from its partition values, or from its
// statistics by whatever program wrote them. What can't be read or trusted is unknown.
ColumnBounds BoundsOf(const AddFile& file, const Metadata& metadata,
                      std::span<const std::string> path);

}  // namespace weir::lake
