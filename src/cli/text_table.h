#pragma once

#include <string>
#include <vector>

namespace weir::cli {

// Columns of text under headings, for people. A column whose heading begins with '>' is aligned to
// the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings);
  // As many cells as there are headings.
  void Add(std::vector<std::string> cells);
  std::string Text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// Characters that `text` takes on a terminal: its UTF-8 code points.
std::size_t DisplayWidth(const std::string& text);

}  // namespace weir::cli
