#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "data/schema.h"

// What the texts of CSV and JSON files say: of which type a text is, and whether a column of a
// table can hold it without a digit changing. Pure functions; any thread.
namespace weir::lake {

// "-012.50e3": the parts of a number's text.
struct NumberText {
  char sign = 0;           // '+', '-' or 0
  std::string_view whole;  // digits before the point
  std::string_view fraction;
  bool has_point = false;
  bool has_exponent = false;

  // No point and no exponent.
  bool IsWhole() const { return !has_point && !has_exponent; }
};

// Absent if `text` is no decimal number (infinities and NaN are none).
std::optional<NumberText> ParseNumber(std::string_view text);

// Whether a column of `type`, which has no parts, can hold what `text` says, every digit of it:
// whole numbers within the range of integers and exactly in floating ones, decimals with no more
// digits than the type has (zeros at the end don't count), floating numbers that aren't infinite by
// being too large, days and times of the calendar in ISO 8601 (times to the microsecond, without a
// zone in UTC; a day is its midnight), true and false, bytes as hex of either letter case. Spaces
// at both ends don't count but in bytes and in texts, which hold everything.
bool FitsText(std::string_view text, const DataType& type);

// How messages name what fits a column of `type`: the type, and for BLOB its form.
std::string FittingName(const DataType& type);

// SQL of a value of `type` from `value`, SQL of what stands for it in a text file: a text, or what
// DuckDB's reader of JSON makes of objects and arrays, bytes in them as texts still.
std::string ValueFromTextSql(const std::string& value, const DataType& type);

// The type that a text is of, for messages: "BIGINT", "DECIMAL(4,3)", "DOUBLE", "VARCHAR".
std::string TypeNameOf(std::string_view text);

// A value as a message shows it: in quotes, cut after 60 bytes.
std::string ShownText(std::string_view text);

// The one type of a column's texts: VARCHAR unless all of them are of a narrower one and no digit
// would get lost (leading zeros, a plus, more digits than fit). Not thread-safe.
class TextGuess {
 public:
  void Add(std::string_view text);
  // Of no text at all: VARCHAR.
  DataType type() const;

 private:
  void AddNumber(std::string_view text);

  std::size_t count_ = 0;
  bool is_boolean_ = true;
  bool is_whole_ = true;
  bool is_floating_ = true;
  bool has_long_number_ = false;
  bool has_number_ = false;
  bool is_day_ = true;
  bool is_time_ = true;
};

}  // namespace weir::lake
