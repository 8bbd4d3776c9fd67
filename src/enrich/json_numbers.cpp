#include "enrich/json_numbers.h"

#include <algorithm>
#include <charconv>

namespace weir::enrich {
namespace {

constexpr std::string_view kJsonSpace = " \t\r\n";

// The index behind the string that begins at `start` with a quote.
std::size_t EndOfString(std::string_view json, std::size_t start) {
  std::size_t index = start + 1;
  while (index < json.size() && json[index] != '"') {
    index += json[index] == '\\' ? 2 : 1;
  }
  return std::min(index + 1, json.size());
}

bool IsNumberStart(char character) {
  return character == '-' || (character >= '0' && character <= '9');
}

std::size_t EndOfNumber(std::string_view json, std::size_t start) {
  const std::size_t end = json.find_first_not_of("+-.eE0123456789", start);
  return std::min(end, json.size());
}

bool TakeDigitRun(std::string_view& text, std::size_t& count) {
  count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

bool TakeOneOf(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// "e5", "E-3" at the front; false if it has no digits. Absent is 0.
bool TakeExponent(std::string_view& text, long& exponent) {
  exponent = 0;
  if (!TakeOneOf(text, "eE")) {
    return true;
  }
  const bool is_negative = text.starts_with('-');
  TakeOneOf(text, "+-");
  const char* const start = text.data();
  std::size_t count = 0;
  if (!TakeDigitRun(text, count)) {
    return false;
  }
  constexpr long kEnough = 1'000'000;
  if (std::from_chars(start, start + count, exponent).ec != std::errc()) {
    exponent = kEnough;
  }
  exponent = std::min(exponent, kEnough) * (is_negative ? -1 : 1);
  return true;
}

void AppendReadable(std::string_view number, std::string& text) {
  std::string_view rest = number;
  std::size_t integer_digits = 0;
  std::size_t fraction_digits = 0;
  long exponent = 0;
  const bool is_negative = TakeOneOf(rest, "-");
  const bool has_leading_zero =
      rest.size() > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9';
  const bool is_number = !has_leading_zero && TakeDigitRun(rest, integer_digits) &&
                         (!TakeOneOf(rest, ".") || TakeDigitRun(rest, fraction_digits)) &&
                         TakeExponent(rest, exponent) && rest.empty();
  constexpr long kMostIntegerDigits = 300;
  if (is_number && static_cast<long>(integer_digits) + exponent > kMostIntegerDigits) {
    text += is_negative ? "-1e300" : "1e300";
    return;
  }
  text += number;
  const bool is_integer = number.find_first_of(".eE") == std::string_view::npos;
  constexpr std::size_t kDigitsOf64Bits = 19;
  if (is_number && is_integer && integer_digits >= kDigitsOf64Bits) {
    text += "e0";
  }
}

unsigned HexAt(std::string_view text, std::size_t start) {
  unsigned value = 0;
  const std::string_view digits = text.substr(std::min(start, text.size()), 4);
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

bool IsLow(unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; }
bool IsHigh(unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; }

}  // namespace

std::string_view ValueText(std::string_view object, std::size_t field) {
  std::size_t depth = 0;
  std::size_t index = 0;
  while (index < object.size()) {
    const char character = object[index];
    if (character == '"') {
      index = EndOfString(object, index);
      continue;
    }
    depth += character == '{' || character == '[' ? 1U : 0U;
    depth -= character == '}' || character == ']' ? 1U : 0U;
    ++index;
    if (character == ':' && depth == 1 && field-- == 0) {
      const std::size_t start =
          std::min(object.find_first_not_of(kJsonSpace, index), object.size());
      const std::size_t end = object.find_first_of(", \t\r\n}", start);
      return object.substr(start, end - start);
    }
  }
  return {};
}

std::string WithReadableNumbers(std::string_view json) {
  std::string text;
  std::size_t index = 0;
  while (index < json.size()) {
    const std::size_t start = index;
    if (json[index] == '"') {
      index = EndOfString(json, index);
      text += json.substr(start, index - start);
    } else if (IsNumberStart(json[index])) {
      index = EndOfNumber(json, index);
      AppendReadable(json.substr(start, index - start), text);
    } else {
      text += json[index++];
    }
  }
  return text;
}

bool HasLoneSurrogate(std::string_view json) {
  std::size_t index = json.find('\\');
  while (index < json.size()) {
    if (json.substr(index + 1, 1) != "u") {
      index = json.find('\\', index + 2);
      continue;
    }
    const unsigned unit = HexAt(json, index + 2);
    const bool is_followed = json.substr(std::min(index + 6, json.size()), 2) == "\\u";
    const bool is_pair = IsHigh(unit) && is_followed && IsLow(HexAt(json, index + 8));
    if ((IsHigh(unit) && !is_pair) || IsLow(unit)) {
      return true;
    }
    index = json.find('\\', index + (is_pair ? 12 : 6));
  }
  return false;
}

}  // namespace weir::enrich
