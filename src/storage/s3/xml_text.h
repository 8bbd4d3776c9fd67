#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The little of XML that S3's answers need: elements without attributes that matter, and none
// inside another of its own name.
namespace weir::storage {

// What stands between the tags of every element `name`, in order, as it is written.
std::vector<std::string_view> ElementsOf(std::string_view xml, std::string_view name);

// The text of the first element `name`, its entities decoded; nothing if there is none.
std::optional<std::string> TextOf(std::string_view xml, std::string_view name);

}  // namespace weir::storage
