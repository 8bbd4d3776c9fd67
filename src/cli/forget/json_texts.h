#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace weir::cli {

// Takes the strings out of a JSON value that hold one of some texts: elements of arrays go, other
// strings become empty. Returns how many these were.
std::int64_t TakeTextsOut(nlohmann::ordered_json& value, const std::vector<std::string>& texts);

}  // namespace weir::cli
