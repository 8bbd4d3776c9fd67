#include "project/size_text.h"

#include <algorithm>

#include "project/yaml_value.h"

namespace weir::project {

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  constexpr double kMost = 1e18;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = ParseNumber(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  if (unit.starts_with(' ')) {
    unit.remove_prefix(1);
  }
  double bytes = number.value_or(0);
  const std::size_t power = unit.empty() ? std::string_view::npos : kUnits.find(unit.front());
  if (power != std::string_view::npos) {
    for (std::size_t i = 0; i <= power; ++i) {
      bytes *= 1024;
    }
    unit.remove_prefix(1);
  }
  const bool is_unit =
      unit == "B" || (power != std::string_view::npos ? unit == "iB" : unit.empty());
  return is_unit && bytes >= 1 && bytes < kMost ? std::optional(static_cast<std::int64_t>(bytes))
                                                : std::nullopt;
}

}  // namespace weir::project
