#include "base/size_text.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace weir {

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kUnits = "kmgt";
  constexpr double kMost = 1e18;
  double bytes = 0;
  const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, size);
  if (std::from_chars(number.begin(), number.end(), bytes, std::chars_format::fixed).ptr !=
      number.end()) {
    return std::nullopt;
  }
  std::string unit = LowerCase(text.substr(size));
  if (unit.starts_with(' ')) {
    unit.erase(0, 1);
  }
  const std::size_t power = unit.empty() ? std::string_view::npos : kUnits.find(unit.front());
  if (power != std::string_view::npos) {
    for (std::size_t i = 0; i <= power; ++i) {
      bytes *= 1024;
    }
    unit.erase(0, unit.find('i') == 1 ? 2 : 1);
  }
  const bool is_unit = unit == "b" || (unit.empty() && power == std::string_view::npos);
  return is_unit && bytes >= 1 && bytes < kMost ? std::optional(static_cast<std::int64_t>(bytes))
                                                : std::nullopt;
}

}  // namespace weir
