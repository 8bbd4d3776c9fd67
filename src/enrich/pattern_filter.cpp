// RE2 says for each pattern which texts it can't do without (its atoms); only the patterns whose
// atoms all stand in the text are tried, in order. One pass finds the atoms.
#include "enrich/pattern_filter.h"

#include <algorithm>
#include <array>
#include <vector>

#include <re2/filtered_re2.h>

#include "base/error.h"
#include "enrich/atom_matcher.h"

namespace weir::enrich {
namespace {

// Shorter atoms stand in nearly every text and would only cost.
constexpr int kMinAtomBytes = 3;

re2::StringPiece ToPiece(std::string_view text) { return {text.data(), text.size()}; }

std::vector<std::string> Compile(std::span<const Pattern> patterns, re2::FilteredRE2& filter) {
  for (const Pattern& pattern : patterns) {
    re2::RE2::Options options;
    options.set_case_sensitive(!pattern.ignore_case);
    options.set_log_errors(false);
    int id = 0;
    if (filter.Add(pattern.regex, options, &id) != re2::RE2::NoError) {
      throw UserError("{}: '{}' is no regular expression of RE2: {}", pattern.place, pattern.regex,
                      re2::RE2(pattern.regex, options).error());
    }
  }
  std::vector<std::string> atoms;
  if (!patterns.empty()) {
    filter.Compile(&atoms);
  }
  return atoms;
}

}  // namespace

struct PatternFilter::State {
  explicit State(std::span<const Pattern> patterns)
      : num_patterns(patterns.size()), atoms(Compile(patterns, filter)) {}

  re2::FilteredRE2 filter{kMinAtomBytes};
  std::size_t num_patterns;
  AtomMatcher atoms;
};

PatternFilter::PatternFilter(std::span<const Pattern> patterns)
    : state_(std::make_unique<State>(patterns)) {}
PatternFilter::PatternFilter(PatternFilter&&) noexcept = default;
PatternFilter& PatternFilter::operator=(PatternFilter&&) noexcept = default;
PatternFilter::~PatternFilter() = default;

std::optional<std::size_t> PatternFilter::First(std::string_view text) const {
  if (state_->num_patterns == 0) {
    return std::nullopt;
  }
  std::vector<int> found;
  state_->atoms.Find(text, found);
  const int first = state_->filter.FirstMatch(ToPiece(text), found);
  return first < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(first));
}

void PatternFilter::Groups(std::size_t pattern, std::string_view text,
                           std::span<std::string_view, kMaxGroups> groups) const {
  const re2::RE2& regex = state_->filter.GetRE2(static_cast<int>(pattern));
  const int num_groups =
      std::min(static_cast<int>(kMaxGroups), regex.NumberOfCapturingGroups() + 1);
  std::array<re2::StringPiece, kMaxGroups> pieces;
  regex.Match(ToPiece(text), 0, text.size(), re2::RE2::UNANCHORED, pieces.data(), num_groups);
  std::ranges::transform(pieces, groups.begin(), [](const re2::StringPiece& piece) {
    return std::string_view(piece.data(), piece.size());
  });
}

}  // namespace weir::enrich
