#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Numbers in the text of a JSON document, for what a parser to doubles can't say.
namespace weir::enrich {

// The value of the field of this number (from 0, in the order of the text) of a valid JSON object,
// as it is written, if it is a number or a word.
std::string_view ValueText(std::string_view object, std::size_t field);

// The document with every number that no double and no 64-bit integer can hold replaced by one that
// can: a large integer gets an exponent, and what lies beyond 1e300 becomes 1e300 with its sign.
// Text that isn't JSON comes back as text that isn't JSON.
std::string WithReadableNumbers(std::string_view json);

// Whether a string in valid JSON has an escape of half a surrogate pair (\ud800 alone).
bool HasLoneSurrogate(std::string_view json);

}  // namespace weir::enrich
