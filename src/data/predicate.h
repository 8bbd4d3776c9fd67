#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/schema.h"

namespace weir {

// A value of a primitive type, exact, as text: digits of an integer; digits with a point of a
// decimal; "true"; the shortest text that reads back as the same float or double ("nan", "-inf");
// "2026-01-02"; microseconds since 1970 of a timestamp; the raw bytes of a string or binary.
struct Constant {
  DataType type;
  std::string text;

  friend bool operator==(const Constant&, const Constant&) = default;
};

// Which comes first, as SQL orders the values: integers of all widths and decimals among each
// other exactly, floats and doubles with NaN greatest, strings by bytes. Absent if the types don't
// compare or a text isn't a value of its type.
std::optional<std::strong_ordering> Compare(const Constant& left, const Constant& right);

// A condition on the columns of one table, as weak as need be: it holds for every row that the
// query asks for, perhaps for more. There is no NOT: what can't be said is kTrue.
struct Predicate {
  enum class Kind : std::uint8_t { kTrue, kAnd, kOr, kCompare, kIn, kIsNull, kIsNotNull };
  enum class Comparison : std::uint8_t { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

  Kind kind = Kind::kTrue;
  Comparison comparison = Comparison::kEqual;  // of kCompare: column OP constant
  std::vector<std::string> path{};             // the column, then fields of structs
  std::vector<Constant> constants{};           // one of kCompare, any number of kIn
  std::vector<Predicate> children{};           // of kAnd and kOr

  friend bool operator==(const Predicate& left, const Predicate& right) = default;
};

// All or any of `parts`, simplified: kTrue is dropped or swallows, one part stands for itself.
Predicate AllOf(std::vector<Predicate> parts);
Predicate AnyOf(std::vector<Predicate> parts);

// "(a >= 3 AND s.b IN (x, y))", for logs and tests.
std::string ToText(const Predicate& predicate);

// What is known about a column's values in one file. The default knows nothing.
struct ColumnBounds {
  std::optional<Constant> min{};  // no value is less; may be less than the least
  std::optional<Constant> max{};  // no value is greater; may be greater than the greatest
  bool may_hold_nulls = true;     // false: the null count is 0
  bool may_hold_values = true;    // false: every row is null
  // Of floats and doubles: `max` is absent where NaN is among the values. Many writers leave NaN
  // out of the maximum, so this is for files whose writer is known.
  bool max_counts_nan = false;
};

// Bounds of the column or struct field at a path (names match without regard to letter case).
// Columns of nested types, and paths that aren't known, have the default ColumnBounds.
using BoundsLookup = std::function<ColumnBounds(std::span<const std::string> path)>;

// Whether a row of a file with these bounds may satisfy the predicate. False is certain.
bool MayMatch(const Predicate& predicate, const BoundsLookup& bounds);

}  // namespace weir
