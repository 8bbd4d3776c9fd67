#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace weir::cli {

// What a text is, and so when an id in it is an id.
enum class TextKind : std::uint8_t {
  // Bytes of any file: an id that is distinctive, as a whole token. A token ends where no ASCII
  // letter or digit follows; escapes such as %2F, \n and \u0022 may stand before it.
  kBytes,
  // A line that somebody else wrote: also an id that isn't distinctive, as the value of a key that
  // has ids, "uid": "17" or &uid=17.
  kForeignLine,
  // A message for people: any id as a whole token, but a short number between quotes alone: a
  // number of rows is no id.
  kMessage,
  // Lines in which a destination says what is wrong with users, one line or several: as a message,
  // and also a short number as a whole token at a line's beginning or before a colon.
  kErrorLine,
};

// Whether nobody would write the id but to name that person: 12 bytes or more with a digit (17 or
// more of digits alone: times in microseconds have 16), or 8 or more with a letter or digit and
// another sign than those of words, numbers, times, names and paths: [A-Za-z0-9_.:/ -].
bool IsDistinctive(std::string_view id);

// Finds ids in texts: as they are, and as JSON, JSON in JSON, CSV and URLs have them. Thread-safe.
class IdPatterns {
 public:
  explicit IdPatterns(const std::vector<std::string>& ids);
  ~IdPatterns();
  IdPatterns(const IdPatterns&) = delete;
  IdPatterns& operator=(const IdPatterns&) = delete;

  // SQL that is true where `value`, a text, holds one; false for NULL.
  std::string Condition(TextKind kind, const std::string& value) const;
  // SQL of the text `value` without them.
  std::string WithoutSql(TextKind kind, const std::string& value) const;

  bool StandIn(TextKind kind, std::string_view text) const;
  // The text with kForgottenId in the place of each.
  std::string Without(TextKind kind, std::string text) const;

  // Bytes of the longest form and its surroundings.
  std::size_t longest() const { return longest_; }
  // Of the ids, those that aren't distinctive.
  std::size_t num_ordinary() const { return num_ordinary_; }

 private:
  static constexpr std::size_t kKinds = 4;

  bool MayStandIn(TextKind kind, std::string_view text) const;

  // Of a kind the ids' forms, if they are few: a search for these is much faster than patterns.
  std::array<std::vector<std::string>, kKinds> few_forms_;
  // Regular expressions with two groups: what stands before an id, and behind it.
  std::array<std::vector<std::string>, kKinds> patterns_;
  std::array<std::vector<std::unique_ptr<re2::RE2>>, kKinds> compiled_;
  std::size_t longest_ = 0;
  std::size_t num_ordinary_ = 0;
};

inline constexpr std::string_view kForgottenId = "(forgotten)";

}  // namespace weir::cli
