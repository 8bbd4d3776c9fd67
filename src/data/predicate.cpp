#include "data/predicate.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"

namespace weir {
namespace {

using Ordering = std::optional<std::strong_ordering>;

bool IsFloating(TypeKind kind) { return kind == TypeKind::kFloat || kind == TypeKind::kDouble; }

bool IsExactNumber(TypeKind kind) { return IsInteger(kind) || kind == TypeKind::kDecimal; }

// A number with any count of digits: without zeros in front of `whole` and behind `fraction`.
struct ExactNumber {
  bool negative = false;
  std::string_view whole{};
  std::string_view fraction{};
};

std::string_view TakeDigits(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

std::optional<ExactNumber> ParseExact(std::string_view text) {
  ExactNumber number{.negative = text.starts_with('-')};
  text.remove_prefix(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  number.whole = TakeDigits(text);
  bool has_digits = !number.whole.empty();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.fraction = TakeDigits(text);
    has_digits = has_digits || !number.fraction.empty();
  }
  if (!text.empty() || !has_digits) {
    return std::nullopt;
  }
  number.whole.remove_prefix(std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  number.fraction = number.fraction.substr(0, number.fraction.find_last_not_of('0') + 1);
  number.negative = number.negative && !(number.whole.empty() && number.fraction.empty());
  return number;
}

std::strong_ordering CompareSizes(const ExactNumber& left, const ExactNumber& right) {
  if (left.whole.size() != right.whole.size()) {
    return left.whole.size() <=> right.whole.size();
  }
  const auto whole = left.whole <=> right.whole;
  return whole != 0 ? whole : left.fraction <=> right.fraction;
}

Ordering CompareExact(std::string_view left, std::string_view right) {
  const auto one = ParseExact(left);
  const auto other = ParseExact(right);
  if (!one || !other) {
    return std::nullopt;
  }
  if (one->negative != other->negative) {
    return other->negative <=> one->negative;
  }
  return one->negative ? CompareSizes(*other, *one) : CompareSizes(*one, *other);
}

template <typename Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool read = error == std::errc() && end == text.data() + text.size();
  return read ? std::optional(number) : std::nullopt;
}

// A float's text is read as a float, so that "0.1" and all its digits are the same value.
std::optional<double> ParseFloating(const Constant& constant) {
  if (constant.type.kind == TypeKind::kFloat) {
    const auto number = ParseWhole<float>(constant.text);
    return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
  }
  return ParseWhole<double>(constant.text);
}

bool IsNan(const Constant& constant) {
  const auto number =
      IsFloating(constant.type.kind) ? ParseFloating(constant) : std::optional<double>();
  return number && std::isnan(*number);
}

Ordering CompareFloating(const Constant& left, const Constant& right) {
  const auto one = ParseFloating(left);
  const auto other = ParseFloating(right);
  if (!one || !other) {
    return std::nullopt;
  }
  if (std::isnan(*one) || std::isnan(*other)) {
    return std::isnan(*one) <=> std::isnan(*other);
  }
  if (*one == *other) {
    return std::strong_ordering::equal;
  }
  return *one < *other ? std::strong_ordering::less : std::strong_ordering::greater;
}

// Compares what `parse` makes of the two texts.
template <typename Parse>
Ordering CompareParsed(const Constant& left, const Constant& right, Parse parse) {
  const auto one = parse(left.text);
  const auto other = parse(right.text);
  return one && other ? Ordering(*one <=> *other) : std::nullopt;
}

std::optional<bool> ParseBoolean(std::string_view text) {
  return text == "true"    ? std::optional(true)
         : text == "false" ? std::optional(false)
                           : std::nullopt;
}

Ordering CompareSameKind(const Constant& left, const Constant& right) {
  switch (left.type.kind) {
    case TypeKind::kBoolean:
      return CompareParsed(left, right, ParseBoolean);
    case TypeKind::kDate:
      return CompareParsed(left, right, ParseDate);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return CompareParsed(left, right, ParseWhole<std::int64_t>);
    case TypeKind::kString:
    case TypeKind::kBinary:
      return left.text <=> right.text;
    default:
      return std::nullopt;
  }
}

// What certainly holds of two constants; of those that don't compare, nothing does.
bool CertainlyLess(const Constant& left, const Constant& right) {
  const Ordering ordering = Compare(left, right);
  return ordering && *ordering < 0;
}

bool CertainlyLessOrEqual(const Constant& left, const Constant& right) {
  const Ordering ordering = Compare(left, right);
  return ordering && *ordering <= 0;
}

// A minimum of NaN is an old writer's mistake unless all is NaN.
bool AllGreater(const ColumnBounds& bounds, const Constant& constant) {
  return bounds.min && !IsNan(*bounds.min) && CertainlyLess(constant, *bounds.min);
}

bool AllGreaterOrEqual(const ColumnBounds& bounds, const Constant& constant) {
  return bounds.min && !IsNan(*bounds.min) && CertainlyLessOrEqual(constant, *bounds.min);
}

// Whether the maximum also bounds NaN, which SQL orders above all numbers.
bool MaxBoundsNan(const ColumnBounds& bounds) {
  assert(bounds.max);
  return bounds.max_counts_nan || !IsFloating(bounds.max->type.kind);
}

bool MayEqual(const ColumnBounds& bounds, const Constant& constant) {
  const bool max_counts = bounds.max && (MaxBoundsNan(bounds) || !IsNan(constant));
  return !AllGreater(bounds, constant) && !(max_counts && CertainlyLess(*bounds.max, constant));
}

bool MayCompare(const ColumnBounds& bounds, Predicate::Comparison comparison,
                const Constant& constant) {
  switch (comparison) {
    case Predicate::Comparison::kEqual:
      return MayEqual(bounds, constant);
    case Predicate::Comparison::kLess:
      return !AllGreaterOrEqual(bounds, constant);
    case Predicate::Comparison::kLessEqual:
      return !AllGreater(bounds, constant);
    case Predicate::Comparison::kGreater:
      return !(bounds.max && MaxBoundsNan(bounds) && CertainlyLessOrEqual(*bounds.max, constant));
    case Predicate::Comparison::kGreaterEqual:
      return !(bounds.max && MaxBoundsNan(bounds) && CertainlyLess(*bounds.max, constant));
  }
  return true;
}

// A null struct has null fields, and writers don't agree on whether statistics count those.
bool MayBeNull(const Predicate& predicate, const ColumnBounds& bounds) {
  return bounds.may_hold_nulls || predicate.path.size() > 1;
}

bool MayMatchColumn(const Predicate& predicate, const ColumnBounds& bounds) {
  switch (predicate.kind) {
    case Predicate::Kind::kIsNull:
      return MayBeNull(predicate, bounds);
    case Predicate::Kind::kIsNotNull:
      return bounds.may_hold_values;
    case Predicate::Kind::kCompare:
      return bounds.may_hold_values &&
             MayCompare(bounds, predicate.comparison, predicate.constants.at(0));
    case Predicate::Kind::kIn:
      return bounds.may_hold_values &&
             std::ranges::any_of(predicate.constants, [&](const Constant& constant) {
               return MayEqual(bounds, constant);
             });
    default:
      return true;
  }
}

std::string_view Symbol(Predicate::Comparison comparison) {
  switch (comparison) {
    case Predicate::Comparison::kEqual:
      return "=";
    case Predicate::Comparison::kLess:
      return "<";
    case Predicate::Comparison::kLessEqual:
      return "<=";
    case Predicate::Comparison::kGreater:
      return ">";
    case Predicate::Comparison::kGreaterEqual:
      return ">=";
  }
  return "";
}

std::string JoinTexts(const std::vector<Predicate>& parts, std::string_view word) {
  std::string text = "(";
  for (const Predicate& part : parts) {
    text += (text.size() == 1 ? std::string_view() : word);
    text += ToText(part);
  }
  return text + ")";
}

std::string JoinConstants(const std::vector<Constant>& constants) {
  std::vector<std::string_view> texts;
  std::ranges::transform(constants, std::back_inserter(texts), &Constant::text);
  return fmt::format("{}", fmt::join(texts, ", "));
}

// `parts` joined by `kind`, those of the same kind spliced in.
Predicate Combine(Predicate::Kind kind, std::vector<Predicate> parts) {
  std::vector<Predicate> flat;
  for (Predicate& part : parts) {
    if (part.kind == kind) {
      std::ranges::move(part.children, std::back_inserter(flat));
    } else {
      flat.push_back(std::move(part));
    }
  }
  if (flat.size() == 1) {
    return std::move(flat.front());
  }
  return {.kind = kind, .children = std::move(flat)};
}

bool IsTrue(const Predicate& predicate) { return predicate.kind == Predicate::Kind::kTrue; }

}  // namespace

Ordering Compare(const Constant& left, const Constant& right) {
  const TypeKind one = left.type.kind;
  const TypeKind other = right.type.kind;
  if (IsExactNumber(one) && IsExactNumber(other)) {
    return CompareExact(left.text, right.text);
  }
  if (IsFloating(one) && IsFloating(other)) {
    return CompareFloating(left, right);
  }
  return one == other ? CompareSameKind(left, right) : std::nullopt;
}

Predicate AllOf(std::vector<Predicate> parts) {
  std::erase_if(parts, IsTrue);
  return parts.empty() ? Predicate{} : Combine(Predicate::Kind::kAnd, std::move(parts));
}

Predicate AnyOf(std::vector<Predicate> parts) {
  return std::ranges::any_of(parts, IsTrue) ? Predicate{}
                                            : Combine(Predicate::Kind::kOr, std::move(parts));
}

std::string ToText(const Predicate& predicate) {
  const std::string column = fmt::format("{}", fmt::join(predicate.path, "."));
  switch (predicate.kind) {
    case Predicate::Kind::kTrue:
      return "TRUE";
    case Predicate::Kind::kAnd:
      return JoinTexts(predicate.children, " AND ");
    case Predicate::Kind::kOr:
      return JoinTexts(predicate.children, " OR ");
    case Predicate::Kind::kCompare:
      return fmt::format("{} {} {}", column, Symbol(predicate.comparison),
                         JoinConstants(predicate.constants));
    case Predicate::Kind::kIn:
      return fmt::format("{} IN ({})", column, JoinConstants(predicate.constants));
    case Predicate::Kind::kIsNull:
      return column + " IS NULL";
    case Predicate::Kind::kIsNotNull:
      return column + " IS NOT NULL";
  }
  return "";
}

bool MayMatch(const Predicate& predicate, const BoundsLookup& bounds) {
  const auto part_may_match = [&](const Predicate& part) { return MayMatch(part, bounds); };
  switch (predicate.kind) {
    case Predicate::Kind::kTrue:
      return true;
    case Predicate::Kind::kAnd:
      return std::ranges::all_of(predicate.children, part_may_match);
    case Predicate::Kind::kOr:
      return std::ranges::any_of(predicate.children, part_may_match);
    default:
      return MayMatchColumn(predicate, bounds(predicate.path));
  }
}

}  // namespace weir
