// One pass tells whether all characters are usual ones, which the compiler does 16 at once; then
// the texts end at the next quote, whatever is in them.
#include "enrich/flat_json.h"

#include <algorithm>
#include <cstring>

namespace weir::enrich {
namespace {

constexpr std::size_t kMostDigits = 15;  // exact as a double

// Printable ASCII without the backslash.
bool IsUsual(std::string_view line) {
  std::uint8_t unusual = 0;
  for (const char character : line) {
    const auto byte = static_cast<std::uint8_t>(character);
    unusual |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(byte - ' ') > '~' - ' ');
    unusual |= static_cast<std::uint8_t>(byte == '\\');
  }
  return unusual == 0;
}

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

std::size_t CountDigits(std::string_view text, std::size_t start) {
  std::size_t end = start;
  while (end < text.size() && IsDigit(text[end])) {
    ++end;
  }
  return end - start;
}

// The length of the number that `text` begins with; 0 if it is no usual one.
std::size_t NumberSize(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = CountDigits(text, sign);
  const bool has_leading_zero = whole > 1 && text[sign] == '0';
  std::size_t end = sign + whole;
  std::size_t fraction = 0;
  if (end < text.size() && text[end] == '.') {
    fraction = CountDigits(text, end + 1);
    if (fraction == 0) {
      return 0;
    }
    end += 1 + fraction;
  }
  return whole == 0 || has_leading_zero || whole + fraction > kMostDigits ? 0 : end;
}

std::size_t WordSize(std::string_view text) {
  for (const std::string_view word : {"null", "true", "false"}) {
    if (text.starts_with(word)) {
      return word.size();
    }
  }
  return 0;
}

}  // namespace

bool FlatJson::Read(std::string_view line) {
  num_fields_ = 0;
  rest_ = line;
  SkipSpaces();
  if (!IsUsual(line) || !Skip('{')) {
    return false;
  }
  do {
    if (!TakeField()) {
      return false;  // an empty object, too
    }
  } while (Skip(','));
  if (!Skip('}')) {
    return false;
  }
  return rest_.empty();
}

bool FlatJson::TakeField() {
  if (num_fields_ == fields_.size()) {
    fields_.emplace_back();
  }
  FlatField& field = fields_[num_fields_];
  if (!TakeText(field.name)) {
    return false;
  }
  SkipSpaces();
  if (!Skip(':') || !TakeValue(field)) {
    return false;
  }
  SkipSpaces();
  ++num_fields_;
  return true;
}

bool FlatJson::TakeText(std::string_view& text) {
  if (!rest_.starts_with('"')) {
    return false;
  }
  const std::size_t end = rest_.find('"', 1);
  if (end == std::string_view::npos) {
    return false;
  }
  text = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  return true;
}

bool FlatJson::TakeValue(FlatField& field) {
  if (TakeText(field.value)) {
    field.kind = FlatField::Kind::kText;
    return true;
  }
  const std::size_t number = NumberSize(rest_);
  const std::size_t size = number > 0 ? number : WordSize(rest_);
  field.kind = number > 0 ? FlatField::Kind::kNumber : FlatField::Kind::kWord;
  field.value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return size > 0;  // what follows must be a comma or the end, and is looked at next
}

void FlatJson::SkipSpaces() {
  while (rest_.starts_with(' ')) {
    rest_.remove_prefix(1);
  }
}

// Takes a character and the spaces behind it.
bool FlatJson::Skip(char character) {
  if (!rest_.starts_with(character)) {
    return false;
  }
  rest_.remove_prefix(1);
  SkipSpaces();
  return true;
}

}  // namespace weir::enrich
