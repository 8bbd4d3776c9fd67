#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weir::enrich {

// A field of a flat object.
struct FlatField {
  enum class Kind : std::uint8_t { kText, kNumber, kWord };  // a word: null, true, false
  std::string_view name;
  std::string_view value;  // of a text without its quotes
  Kind kind = Kind::kWord;
};

// Reads lines that are a JSON object in its usual form, without a copy: ASCII, texts without
// escapes, numbers of at most 15 digits without an exponent, no objects or arrays inside. Not
// thread-safe: one object a thread.
class FlatJson {
 public:
  // False for every other line, whether it is JSON or not.
  bool Read(std::string_view line);

  // Of the line last read, in its order; views into it. A name may be there repeatedly.
  std::span<const FlatField> fields() const { return {fields_.data(), num_fields_}; }

 private:
  bool FindQuotes();
  bool TakeField();
  bool TakeText(std::string_view& text);
  bool TakeValue(FlatField& field);
  void SkipSpaces();
  bool Skip(char character);

  std::vector<FlatField> fields_;  // of which the first num_fields_ are the line's
  std::size_t num_fields_ = 0;
  std::string_view line_;
  std::size_t at_ = 0;                 // in the line: what is before it is read
  std::vector<std::uint32_t> quotes_;  // where they are; of the line the first num_quotes_
  std::size_t num_quotes_ = 0;
  std::size_t next_quote_ = 0;
};

}  // namespace weir::enrich
