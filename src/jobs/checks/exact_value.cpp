#include "jobs/checks/exact_value.h"

#include <fmt/format.h>

#include "lake/text_value.h"

namespace weir::jobs {

bool HoldsExactly(std::string_view text, const DataType& type) {
  switch (type.kind) {
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
    case TypeKind::kDate:
      return lake::FitsText(text, type);
    default:
      return true;
  }
}

std::string MisfitText(std::string_view text, std::string_view column, const DataType& type) {
  return fmt::format("{} doesn't fit column '{}', which is {}", lake::ShownText(text), column,
                     lake::FittingName(type));
}

}  // namespace weir::jobs
