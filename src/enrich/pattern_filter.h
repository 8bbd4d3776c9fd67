#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::enrich {

struct Pattern {
  std::string regex;
  bool ignore_case = false;
  std::string place;  // where it stands, for messages: "uap-core regexes, line 7"
};

// Which of an ordered list of regular expressions is the first that a text has. Immutable: any
// threads may ask; each call takes time linear in the text.
class PatternFilter {
 public:
  static constexpr std::size_t kMaxGroups = 10;  // the whole match and $1 to $9

  // Throws UserError with the place of a pattern that RE2 can't read.
  explicit PatternFilter(std::span<const Pattern> patterns);
  PatternFilter(PatternFilter&&) noexcept;
  PatternFilter& operator=(PatternFilter&&) noexcept;
  ~PatternFilter();

  // The index of the first pattern found in `text`.
  std::optional<std::size_t> First(std::string_view text) const;

  // Sets `groups` to what the groups of one pattern match in `text`, where First() found it; empty
  // for a group that takes no part.
  void Groups(std::size_t pattern, std::string_view text,
              std::span<std::string_view, kMaxGroups> groups) const;

 private:
  struct State;  // keeps RE2's headers out of this one
  std::unique_ptr<State> state_;
};

}  // namespace weir::enrich
