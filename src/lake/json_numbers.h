#pragma once

#include <string>
#include <string_view>

#include "data/schema.h"

// Numbers of JSON as their files write them. Pure functions; any thread.
namespace weir::lake {

// Whether RFC 8259 has such a number: no plus, no zeros in front, digits on both sides of the
// point.
bool IsJsonNumber(std::string_view text);

// Whether a reader that makes a double of a number with a point, and text of that again, gives the
// digits back.
bool SurvivesAsDouble(std::string_view text);

// The type of a number, for messages: DOUBLE with a point or an exponent.
std::string JsonNumberName(std::string_view text);

// The one type that holds every digit of a column's whole numbers, and the doubles of all others.
// Not thread-safe.
class NumberGuess {
 public:
  // `text` IsJsonNumber(). Returns what is wrong with it, or nothing: too many digits for any type,
  // alone or together with those before.
  std::string Add(std::string_view text);
  // BIGINT, else DECIMAL(20,0) (whole numbers from 0 to 20 digits), DECIMAL(38,0) or DOUBLE.
  DataType type() const;

 private:
  bool has_fraction_ = false;  // numbers with a point or an exponent
  bool has_inexact_ = false;   // whole numbers that are no doubles
  bool has_large_ = false;     // whole numbers that are no BIGINT
  bool has_huge_ = false;      // … nor an unsigned one
};

}  // namespace weir::lake
