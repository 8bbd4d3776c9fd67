#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

// For tests alone.
namespace weir::enrich {

// One case of uap-core's tests: values by key; a key without a value is absent.
using UapCase = std::map<std::string, std::string>;

// Reads test_ua.yaml and its like: lines "key: value", a case begins at "- user_agent_string".
inline std::vector<UapCase> ReadUapCases(const std::filesystem::path& path) {
  std::vector<UapCase> cases;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find_first_not_of(" -");
    const std::size_t colon = line.find(':');
    const char quote = line.find('\'') < line.find('"') ? '\'' : '"';
    const std::size_t open = line.find(quote);
    if (begin == std::string::npos || line[begin] == '#' || colon == std::string::npos) {
      continue;
    }
    const std::string key = line.substr(begin, colon - begin);
    if (key == "user_agent_string") {
      cases.emplace_back();
    }
    if (open == std::string::npos || cases.empty()) {
      continue;
    }
    std::string value = line.substr(open + 1, line.rfind(quote) - open - 1);
    for (std::size_t at = 0; quote == '\'' && (at = value.find("''", at)) != std::string::npos;) {
      value.erase(at++, 1);
    }
    cases.back()[key] = value;
  }
  return cases;
}

}  // namespace weir::enrich
