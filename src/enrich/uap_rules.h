#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

// One entry of a list in uap-core's regexes.yaml.
struct UapRule {
  std::size_t line = 0;  // of its regex
  std::string regex;
  bool ignore_case = false;
  std::map<std::string, std::string, std::less<>> replacements;  // by key, such as "v1_replacement"

  // The replacement of a key, or `otherwise` if the rule has none.
  std::string_view Replacement(std::string_view key, std::string_view otherwise) const;
};

struct UapRules {
  std::vector<UapRule> browsers;  // user_agent_parsers
  std::vector<UapRule> systems;   // os_parsers
  std::vector<UapRule> devices;   // device_parsers
};

// Reads regexes.yaml: three lists of maps whose values are texts in single quotes, which is all of
// YAML that the file uses. Throws UserError with the line of anything else.
UapRules ReadUapRules(std::string_view yaml);

}  // namespace weir::enrich
