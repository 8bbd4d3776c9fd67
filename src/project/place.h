#pragma once

#include <compare>
#include <string>

namespace weir::project {

// Where something stands in a project's files: lines and columns from 1, the file relative to the
// project's folder with '/' between parts.
struct Place {
  std::string file;
  int line = 1;
  int column = 1;

  friend auto operator<=>(const Place&, const Place&) = default;
};

}  // namespace weir::project
