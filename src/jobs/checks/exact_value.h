#pragma once

#include <string>
#include <string_view>

#include "data/schema.h"

// Values that people write in project files, against the types of the columns that they stand for.
// Pure functions; any thread.
namespace weir::jobs {

// False for a text that a column of numbers or days would hold only rounded, cut or not at all:
// 1.4 in INTEGER, 1.004 in DECIMAL(10, 2). Fractions of floating columns are their nearest number.
// Texts of other types are left to SQL's casts.
bool HoldsExactly(std::string_view text, const DataType& type);

// "'1.4' doesn't fit column 'n', which is INTEGER".
std::string MisfitText(std::string_view text, std::string_view column, const DataType& type);

}  // namespace weir::jobs
