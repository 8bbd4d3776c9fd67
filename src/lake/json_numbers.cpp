#include "lake/json_numbers.h"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "lake/text_value.h"

namespace weir::lake {

bool IsJsonNumber(std::string_view text) {
  const auto parts = ParseNumber(text);
  return parts && parts->sign != '+' && !parts->whole.empty() &&
         (parts->whole.size() == 1 || parts->whole.front() != '0') &&
         parts->has_point == !parts->fraction.empty();
}

bool SurvivesAsDouble(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string again = fmt::format("{}", number);
  const auto before = ParseNumber(text);
  const auto after = ParseNumber(again);
  const auto without_end_zeros = [](std::string_view fraction) {
    return fraction.substr(0, fraction.find_last_not_of('0') + 1);
  };
  return before && after && !after->has_exponent && before->whole == after->whole &&
         without_end_zeros(before->fraction) == without_end_zeros(after->fraction);
}

std::string JsonNumberName(std::string_view text) {
  const auto parts = ParseNumber(text);
  if (parts && parts->IsWhole()) {
    return TypeNameOf(text);
  }
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc::result_out_of_range ? "a number out of range" : "DOUBLE";
}

std::string NumberGuess::Add(std::string_view text) {
  constexpr std::size_t kMostDigits = 38;
  const auto parts = ParseNumber(text);
  const bool is_double = FitsText(text, PlainType(TypeKind::kDouble));
  if (parts && parts->IsWhole()) {
    if (parts->whole.size() > kMostDigits) {
      return fmt::format("{} has more digits than any number of a table", text);
    }
    const bool is_large = !FitsText(text, PlainType(TypeKind::kLong));
    has_inexact_ = has_inexact_ || !is_double;
    has_large_ = has_large_ || is_large;
    has_huge_ = has_huge_ || parts->whole.size() > 20 || (is_large && parts->sign == '-');
  } else {
    has_fraction_ = true;
  }
  if (has_fraction_ && (has_inexact_ || !is_double)) {
    return fmt::format("no type holds all digits of {} and of the numbers before", text);
  }
  return "";
}

DataType NumberGuess::type() const {
  if (has_fraction_) {
    return PlainType(TypeKind::kDouble);
  }
  if (!has_large_) {
    return PlainType(TypeKind::kLong);
  }
  return DecimalOf(has_huge_ ? 38 : 20, 0);
}

}  // namespace weir::lake
