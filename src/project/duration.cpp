#include "project/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "project/yaml_value.h"

namespace weir::project {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::weeks;

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr std::array<Unit, 15> kUnits{{
    {"ms", milliseconds(1)},
    {"s", seconds(1)},
    {"second", seconds(1)},
    {"seconds", seconds(1)},
    {"min", minutes(1)},
    {"minute", minutes(1)},
    {"minutes", minutes(1)},
    {"h", hours(1)},
    {"hour", hours(1)},
    {"hours", hours(1)},
    {"d", days(1)},
    {"day", days(1)},
    {"days", days(1)},
    {"week", weeks(1)},
    {"weeks", weeks(1)},
}};

constexpr Duration kLongest = days(3'652'500);
constexpr std::size_t kMostDigits = 12;

}  // namespace

std::optional<Duration> ParseDuration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit = text.substr(digits);
  unit.remove_prefix(unit.starts_with(' ') ? 1 : 0);
  const auto found = std::ranges::find(kUnits, unit, &Unit::name);
  if (digits == 0 || digits > kMostDigits || found == kUnits.end()) {
    return std::nullopt;
  }
  const std::int64_t number = ParseInteger(text.substr(0, digits)).value_or(0);
  if (number > kLongest / found->length) {
    return std::nullopt;
  }
  return found->length * number;
}

std::string DurationHelp() { return "a number and a unit: ms, s, min, hours, days or weeks"; }

}  // namespace weir::project
