#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// The one of `known` that differs from `name` by the fewest edits (optimal string alignment, letter
// case ignored), if that is at most a third of its length, but at least one; of equals, the first.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> known);

// "; did you mean 'x'?" or nothing: the end of an error message.
std::string DidYouMean(std::string_view name, std::span<const std::string> known);

}  // namespace weir
