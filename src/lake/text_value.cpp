#include "lake/text_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr std::size_t kMostDecimalDigits = 38;
constexpr std::size_t kExactDoubleDigits = 15;  // whole numbers of so many digits are all doubles
constexpr std::size_t kExactFloatDigits = 7;
constexpr std::size_t kDoubleDigits = 17;  // what tells any two doubles apart

std::string_view TakeDigits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

bool TakeLetter(std::string_view& text, std::string_view allowed) {
  const bool is_there = !text.empty() && allowed.find(text.front()) != std::string_view::npos;
  text.remove_prefix(is_there ? 1 : 0);
  return is_there;
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

std::string_view WithoutEndZeros(std::string_view digits) {
  return digits.substr(0, digits.find_last_not_of('0') + 1);
}

// How many digits the number has, zeros at its ends aside.
std::size_t Digits(const NumberText& number) {
  const std::string_view fraction = WithoutEndZeros(number.fraction);
  const std::string_view whole = WithoutLeadingZeros(number.whole);
  return whole.empty() ? WithoutLeadingZeros(fraction).size() : whole.size() + fraction.size();
}

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_read = error == std::errc() && end == text.data() + text.size();
  return is_read ? std::optional(number) : std::nullopt;
}

template <typename Integer>
bool IsWithin(std::int64_t number) {
  return number >= std::numeric_limits<Integer>::min() &&
         number <= std::numeric_limits<Integer>::max();
}

bool FitsInteger(std::string_view text, TypeKind kind) {
  const auto parts = ParseNumber(text);
  if (!parts || parts->has_exponent || parts->whole.empty() ||
      !WithoutEndZeros(parts->fraction).empty()) {
    return false;
  }
  const auto number = ReadNumber<std::int64_t>(text.substr(0, text.find('.')));
  if (!number) {
    return false;
  }
  switch (kind) {
    case TypeKind::kByte:
      return IsWithin<std::int8_t>(*number);
    case TypeKind::kShort:
      return IsWithin<std::int16_t>(*number);
    case TypeKind::kInteger:
      return IsWithin<std::int32_t>(*number);
    default:
      return true;
  }
}

bool FitsDecimal(std::string_view text, const DataType& type) {
  const auto parts = ParseNumber(text);
  return parts && !parts->has_exponent &&
         static_cast<int>(WithoutLeadingZeros(parts->whole).size()) <=
             type.precision - type.scale &&
         static_cast<int>(WithoutEndZeros(parts->fraction).size()) <= type.scale;
}

bool IsFloatingWord(std::string_view text) {
  constexpr std::array<std::string_view, 5> kWords = {"nan", "inf", "-inf", "infinity",
                                                      "-infinity"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return EqualIgnoringCase(word, text); });
}

// A whole number is held exactly or not at all; a fraction by its nearest floating number.
template <typename Floating>
bool FitsFloating(std::string_view text, std::size_t exact_digits) {
  const auto parts = ParseNumber(text);
  if (!parts) {
    return IsFloatingWord(text);
  }
  const auto number = ReadNumber<Floating>(text);
  if (!number || !std::isfinite(*number)) {
    return false;
  }
  const std::string_view whole = WithoutLeadingZeros(parts->whole);
  return !parts->IsWhole() || whole.size() <= exact_digits ||
         fmt::format("{:.0f}", std::abs(static_cast<double>(*number))) == whole;
}

bool IsDay(std::string_view text) { return ParseDate(text).has_value(); }

// As ParseTimestamp(), but with seconds, and not finer than microseconds.
bool IsTime(std::string_view text) {
  constexpr std::size_t kToSeconds = 19;  // 2026-01-02T03:04:05
  constexpr std::size_t kMicroDigits = 6;
  if (IsDay(text)) {
    return true;
  }
  if (text.size() < kToSeconds || text[16] != ':' || !ParseTimestamp(text)) {
    return false;
  }
  std::string_view rest = text.substr(kToSeconds);
  return !TakeLetter(rest, ".") || WithoutEndZeros(TakeDigits(rest)).size() <= kMicroDigits;
}

bool IsBoolean(std::string_view text) {
  return EqualIgnoringCase(text, "true") || EqualIgnoringCase(text, "false");
}

bool IsHex(std::string_view text) {
  return text.size() % 2 == 0 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool FitsTrimmed(std::string_view text, const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return IsBoolean(text);
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
      return FitsInteger(text, type.kind);
    case TypeKind::kDecimal:
      return FitsDecimal(text, type);
    case TypeKind::kFloat:
      return FitsFloating<float>(text, kExactFloatDigits);
    case TypeKind::kDouble:
      return FitsFloating<double>(text, kExactDoubleDigits);
    case TypeKind::kDate:
      return IsDay(text);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return IsTime(text);
    default:
      return false;
  }
}

bool HoldsBytes(const DataType& type) {
  return type.kind == TypeKind::kBinary ||
         std::ranges::any_of(type.children, HoldsBytes, &Field::type);
}

// `depth`: how many lambdas it stands in, so that each has a name of its own.
std::string TypedSql(const std::string& value, const DataType& type, int depth);

std::string EachTypedSql(const std::string& list, const std::string& element, int depth) {
  return fmt::format("list_transform({}, lambda each{}: {})", list, depth, element);
}

std::string StructTypedSql(const std::string& value, const DataType& type, int depth) {
  std::vector<std::string> parts;
  parts.reserve(type.children.size());
  for (const Field& part : type.children) {
    const std::string from =
        fmt::format("struct_extract({}, {})", value, sql::QuoteText(part.name));
    parts.push_back(
        fmt::format("{} := {}", sql::QuoteName(part.name), TypedSql(from, part.type, depth)));
  }
  return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", value,
                     fmt::join(parts, ", "));
}

std::string TypedSql(const std::string& value, const DataType& type, int depth) {
  if (!HoldsBytes(type)) {
    return fmt::format("CAST({} AS {})", value, ToText(type));
  }
  const std::string each = fmt::format("each{}", depth);
  switch (type.kind) {
    case TypeKind::kArray:
      return EachTypedSql(value, TypedSql(each, type.children[0].type, depth + 1), depth);
    case TypeKind::kMap: {
      const std::string entry = fmt::format(
          "{{'key': {}, 'value': {}}}", TypedSql(each + ".key", type.children[0].type, depth + 1),
          TypedSql(each + ".value", type.children[1].type, depth + 1));
      const std::string entries = fmt::format("map_entries({})", value);
      return fmt::format("CASE WHEN {} IS NOT NULL THEN map_from_entries({}) END", value,
                         EachTypedSql(entries, entry, depth));
    }
    case TypeKind::kStruct:
      return StructTypedSql(value, type, depth);
    default:
      return fmt::format("unhex({})", value);
  }
}

std::string DecimalName(std::size_t whole, std::size_t fraction) {
  const std::size_t precision = std::max<std::size_t>(whole + fraction, 1);
  return precision > kMostDecimalDigits ? "DOUBLE"
                                        : fmt::format("DECIMAL({},{})", precision, fraction);
}

std::string NumberName(std::string_view text, const NumberText& parts) {
  if (parts.has_exponent) {
    return ReadNumber<double>(text) ? "DOUBLE" : "VARCHAR";
  }
  return parts.IsWhole() && ReadNumber<std::int64_t>(text)
             ? "BIGINT"
             : DecimalName(WithoutLeadingZeros(parts.whole).size(), parts.fraction.size());
}

}  // namespace

std::optional<NumberText> ParseNumber(std::string_view text) {
  NumberText parts;
  const char first = text.empty() ? '\0' : text.front();
  parts.sign = TakeLetter(text, "+-") ? first : '\0';
  parts.whole = TakeDigits(text);
  parts.has_point = TakeLetter(text, ".");
  parts.fraction = parts.has_point ? TakeDigits(text) : std::string_view();
  if (parts.whole.empty() && parts.fraction.empty()) {
    return std::nullopt;
  }
  parts.has_exponent = TakeLetter(text, "eE");
  if (parts.has_exponent) {
    TakeLetter(text, "+-");
    if (TakeDigits(text).empty()) {
      return std::nullopt;
    }
  }
  return text.empty() ? std::optional(parts) : std::nullopt;
}

bool FitsText(std::string_view text, const DataType& type) {
  switch (type.kind) {
    case TypeKind::kString:
      return true;
    case TypeKind::kBinary:
      return IsHex(text);
    default:
      return FitsTrimmed(Trimmed(text), type);
  }
}

std::string FittingName(const DataType& type) {
  return type.kind == TypeKind::kBinary ? "BLOB (hex, two digits a byte)" : ToText(type);
}

std::string ValueFromTextSql(const std::string& value, const DataType& type) {
  return TypedSql(value, type, 0);
}

std::string TypeNameOf(std::string_view text) {
  text = Trimmed(text);
  if (const auto parts = ParseNumber(text)) {
    return NumberName(text, *parts);
  }
  if (IsBoolean(text)) {
    return "BOOLEAN";
  }
  if (IsDay(text)) {
    return "DATE";
  }
  return IsTime(text) ? "TIMESTAMP WITH TIME ZONE" : "VARCHAR";
}

std::string ShownText(std::string_view text) {
  constexpr std::size_t kMostShown = 60;
  if (text.size() <= kMostShown) {
    return fmt::format("'{}'", text);
  }
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return fmt::format("'{}…'", text.substr(0, end));
}

void TextGuess::Add(std::string_view text) {
  ++count_;
  text = Trimmed(text);
  is_boolean_ = is_boolean_ && IsBoolean(text);
  is_day_ = is_day_ && IsDay(text);
  is_time_ = is_time_ && (is_day_ || IsTime(text));
  if (is_floating_) {
    AddNumber(text);
  }
}

void TextGuess::AddNumber(std::string_view text) {
  const auto parts = ParseNumber(text);
  if (!parts) {
    is_whole_ = false;
    is_floating_ = IsFloatingWord(text);
    return;
  }
  has_number_ = true;
  const bool has_odd_zero = parts->whole.size() > 1 && parts->whole.front() == '0';
  is_floating_ =
      parts->sign != '+' && !has_odd_zero &&
      (parts->IsWhole() || (Digits(*parts) <= kDoubleDigits && ReadNumber<double>(text)));
  is_whole_ = is_whole_ && parts->IsWhole() && ReadNumber<std::int64_t>(text);
  has_long_number_ =
      has_long_number_ || (parts->IsWhole() && parts->whole.size() > kExactDoubleDigits);
}

DataType TextGuess::type() const {
  if (count_ == 0) {
    return PlainType(TypeKind::kString);
  }
  if (is_boolean_) {
    return PlainType(TypeKind::kBoolean);
  }
  if (is_floating_ && has_number_ && (is_whole_ || !has_long_number_)) {
    return PlainType(is_whole_ ? TypeKind::kLong : TypeKind::kDouble);
  }
  if (is_day_ || is_time_) {
    return PlainType(is_day_ ? TypeKind::kDate : TypeKind::kTimestamp);
  }
  return PlainType(TypeKind::kString);
}

}  // namespace weir::lake
