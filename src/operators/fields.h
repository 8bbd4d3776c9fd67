#pragma once

#include <string>
#include <string_view>

#include "data/schema.h"

// Columns of operators' outputs, of plain types.
namespace weir::operators {

inline Field PlainField(std::string_view name, TypeKind kind, bool nullable) {
  return {.name = std::string(name), .type = PlainType(kind), .nullable = nullable};
}
inline Field TextField(std::string_view name, bool nullable = false) {
  return PlainField(name, TypeKind::kString, nullable);
}
inline Field IntegerField(std::string_view name, bool nullable = false) {
  return PlainField(name, TypeKind::kInteger, nullable);
}
inline Field LongField(std::string_view name, bool nullable = false) {
  return PlainField(name, TypeKind::kLong, nullable);
}
inline Field DoubleField(std::string_view name, bool nullable = false) {
  return PlainField(name, TypeKind::kDouble, nullable);
}
inline Field TimeField(std::string_view name) {
  return PlainField(name, TypeKind::kTimestamp, false);
}

}  // namespace weir::operators
