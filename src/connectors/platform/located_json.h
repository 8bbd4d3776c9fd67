#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/file_mistakes.h"

namespace weir::connectors {

// One object of a JSON array, and where it stands. Lines count from 1.
struct LocatedObject {
  nlohmann::json value = nlohmann::json::object();
  std::int64_t line = 0;  // of its '{'
  // Of what is inside, by path: "domains", "domains[0]", "definition.event".
  std::map<std::string, std::int64_t> lines{};
};

struct LocatedArray {
  std::vector<LocatedObject> objects;
  std::vector<FileMistake> mistakes;  // without a file
};

// Reads a JSON array of objects, in any layout. What isn't one is told as a mistake with its line:
// broken JSON (then there are no objects), an element that is no object, a field that stands twice,
// and what is nested deeper than 64 levels. Never throws for what the text holds.
LocatedArray ReadLocatedArray(std::string_view text);

}  // namespace weir::connectors
