#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

// Something that is wrong in a file that a person or another program wrote.
struct FileMistake {
  std::string file{};
  std::int64_t line = 0;  // from 1; 0: of no one line
  std::string field{};    // or column; empty: of no one field
  std::string text{};     // what was found, what is allowed

  friend bool operator==(const FileMistake&, const FileMistake&) = default;
};

// For one error, a line each: "world/segments.json:12: pixel_ids: pixel 999 is unknown". By file,
// then line; mistakes of one line stay in their order. The first 20, and how many more there are.
std::string ToText(std::vector<FileMistake> mistakes);

}  // namespace weir
