#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql/value.h"

// Cells of a small result by their column.
namespace weir::cli {

using ResultRow = std::vector<sql::Value>;

// Empty for a null.
inline std::string TextAt(const ResultRow& row, std::size_t column) {
  return sql::IsNull(row[column]) ? "" : std::get<std::string>(row[column]);
}

// 0 for a null, as for the next.
inline std::int64_t WholeAt(const ResultRow& row, std::size_t column) {
  return sql::IsNull(row[column]) ? 0 : std::get<std::int64_t>(row[column]);
}

inline double RealAt(const ResultRow& row, std::size_t column) {
  return sql::IsNull(row[column]) ? 0 : std::get<double>(row[column]);
}

}  // namespace weir::cli
