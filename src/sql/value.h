#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace weir::sql {

// One cell or parameter of a small result: null, or the value. Types that are none of these
// (timestamps, decimals, nested ones …) come as the text that DuckDB's cast to VARCHAR gives.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

inline bool IsNull(const Value& value) { return std::holds_alternative<std::monostate>(value); }

}  // namespace weir::sql
