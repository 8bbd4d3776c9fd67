#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::jobs {

// Why a scalar function of DuckDB's, by its name in small letters and the number of its arguments,
// gives another value on another run: it is the clock, random, or tells of the process. Empty for
// all others. `current_date` and its like are written without parentheses, too.
std::string WhyNotRepeatable(std::string_view function, std::size_t num_arguments);

// Why a table function (FROM range(3)) gives rows that no run records; empty for those whose rows
// follow from their arguments.
std::string WhyNotRecorded(std::string_view table_function);

}  // namespace weir::jobs
