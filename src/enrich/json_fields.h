#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "enrich/event_id.h"
#include "enrich/verdict.h"

namespace weir::enrich {

// The longest line there is, in bytes without its end.
inline constexpr std::size_t kLongestLine = 65536;

// Reads lines that are JSON objects, for a fixed list of top-level fields; others are skipped, but
// must be JSON. Of a repeated field the last value counts. A text is empty where there is none. Its
// views are valid until the next Parse(), as long as the line: they are views into it where its
// texts are as they are written. Not thread-safe: one object a thread.
class JsonFields {
 public:
  // `names` are the fields, at most 255; below, a field is its index in this list. No line has one
  // whose name is empty.
  explicit JsonFields(std::span<const std::string_view> names);
  JsonFields(JsonFields&&) noexcept;
  JsonFields& operator=(JsonFields&&) noexcept;
  ~JsonFields();

  // kGood, kInvalidUtf8, or kNotJson: also for a value that isn't an object, and for an escape of
  // half a surrogate pair. `line` has at most kLongestLine bytes.
  Verdict Parse(std::string_view line);

  // Whether the field is there as a text, an empty one too.
  bool HasText(std::size_t field) const;
  // Empty if the field is no text.
  std::string_view Text(std::size_t field) const;
  // A number without fraction that fits; 12.0 is 12.
  std::optional<std::int64_t> Integer(std::size_t field) const;
  std::optional<double> Number(std::size_t field) const;
  // The digits of a number as the line has them; empty if the field is no number.
  std::string_view NumberText(std::size_t field) const;
  // The elements of an array of objects {"party": text, "id": text}. Absent if the field is no
  // array, or an element is no such object, or its party is empty.
  std::optional<std::span<const PartyId>> PartyIds(std::size_t field);
  // The elements of an array of texts. Absent if the field is no array, or an element is no text.
  std::optional<std::span<const std::string_view>> Texts(std::size_t field);

 private:
  struct State;  // keeps simdjson's header out of this one
  std::unique_ptr<State> state_;
};

// Whether the text is valid UTF-8.
bool IsUtf8(std::string_view text);

}  // namespace weir::enrich
