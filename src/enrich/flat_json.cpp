// One pass finds the quotes, 16 characters at once, and whether there is any character that isn't
// usual; then every text ends at the next quote.
#include "enrich/flat_json.h"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>

#include "base/ascii.h"
#endif

namespace weir::enrich {
namespace {

constexpr std::size_t kMostDigits = 15;  // exact as a double

// Whether it may stand in a line that is read here: ASCII, no control character, no backslash.
bool IsUsual(char character) {
  return static_cast<signed char>(character) >= ' ' && character != '\\';
}

std::size_t CountDigits(std::string_view text, std::size_t start) {
  std::size_t end = start;
  while (end < text.size() && IsDigit(text[end])) {
    ++end;
  }
  return end - start;
}

// The length of the number that `text` begins with; 0 if it is no usual one. -0 isn't: whether it
// keeps its sign depends on who asks.
std::size_t NumberSize(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = CountDigits(text, sign);
  const bool has_leading_zero = whole > 0 && text[sign] == '0' && whole + sign > 1;
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
  line_ = line;
  at_ = 0;
  if (!FindQuotes()) {
    return false;
  }
  SkipSpaces();
  if (!Skip('{')) {
    return false;
  }
  do {
    if (!TakeField()) {
      return false;  // an empty object, too
    }
  } while (Skip(','));
  return Skip('}') && at_ == line_.size();
}

// False if there is an unusual character.
bool FlatJson::FindQuotes() {
  if (quotes_.size() < line_.size()) {
    quotes_.resize(line_.size());
  }
  num_quotes_ = 0;
  next_quote_ = 0;
  std::size_t start = 0;
#ifdef __SSE2__
  __m128i unusual = _mm_setzero_si128();
  for (; start + 16 <= line_.size(); start += 16) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(line_.data() + start));
    unusual = _mm_or_si128(unusual, _mm_or_si128(_mm_cmplt_epi8(part, _mm_set1_epi8(' ')),
                                                 _mm_cmpeq_epi8(part, _mm_set1_epi8('\\'))));
    auto quotes =
        static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8('"'))));
    for (; quotes != 0; quotes &= quotes - 1) {
      quotes_[num_quotes_++] =
          static_cast<std::uint32_t>(start) + static_cast<std::uint32_t>(std::countr_zero(quotes));
    }
  }
  if (_mm_movemask_epi8(unusual) != 0) {
    return false;
  }
#endif
  for (; start < line_.size(); ++start) {
    if (!IsUsual(line_[start])) {
      return false;
    }
    if (line_[start] == '"') {
      quotes_[num_quotes_++] = static_cast<std::uint32_t>(start);
    }
  }
  return true;
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
  if (next_quote_ + 1 >= num_quotes_ || quotes_[next_quote_] != at_) {
    return false;
  }
  const std::size_t end = quotes_[next_quote_ + 1];
  text = {line_.data() + at_ + 1, end - at_ - 1};
  at_ = end + 1;
  next_quote_ += 2;
  return true;
}

bool FlatJson::TakeValue(FlatField& field) {
  if (TakeText(field.value)) {
    field.kind = FlatField::Kind::kText;
    return true;
  }
  const std::string_view rest = line_.substr(at_);
  const std::size_t number = NumberSize(rest);
  const std::size_t size = number > 0 ? number : WordSize(rest);
  field.kind = number > 0 ? FlatField::Kind::kNumber : FlatField::Kind::kWord;
  field.value = rest.substr(0, size);
  at_ += size;
  return size > 0;  // what follows must be a comma or the end, and is looked at next
}

void FlatJson::SkipSpaces() {
  while (at_ < line_.size() && line_[at_] == ' ') {
    ++at_;
  }
}

// Takes a character and the spaces behind it.
bool FlatJson::Skip(char character) {
  if (at_ == line_.size() || line_[at_] != character) {
    return false;
  }
  ++at_;
  SkipSpaces();
  return true;
}

}  // namespace weir::enrich
