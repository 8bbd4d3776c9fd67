#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::connectors {

// A row of a CSV file (RFC 4180) with its '\n': cells that hold a comma, a quote or a line break
// are quoted, quotes in them doubled.
inline std::string CsvRow(const std::vector<std::string_view>& cells) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    row += i == 0 ? "" : ",";
    if (cells[i].find_first_of(",\"\r\n") == std::string_view::npos) {
      row += cells[i];
      continue;
    }
    row += '"';
    for (const char c : cells[i]) {
      row += c == '"' ? "\"\"" : std::string(1, c);
    }
    row += '"';
  }
  return row + '\n';
}

}  // namespace weir::connectors
