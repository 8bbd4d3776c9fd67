#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "enrich/pattern_filter.h"
#include "enrich/uap_rules.h"

namespace weir::enrich {

// Of a longer User-Agent header only these bytes are read, by every class of this module.
constexpr std::size_t kMaxUserAgentBytes = 2048;

struct UserAgent {
  std::string browser;          // family; "Other" if no rule knows it
  std::string browser_version;  // major; empty if unknown
  std::string os;               // family; "Other" if no rule knows it
  std::string device_type;      // desktop, phone, tablet, tv, console, bot, other (device_type.h)
  bool is_spider = false;       // uap-core's device family is Spider

  friend bool operator==(const UserAgent&, const UserAgent&) = default;
};

// Reads User-Agent headers by uap-core's rules: the first matching rule of each list decides, its
// groups and replacements give the values (docs/specification.md of uap-core). Immutable: any
// threads may ask. A call takes some ten microseconds: put a UserAgentCache before it.
class UserAgentParser {
 public:
  // The text of uap-core's regexes.yaml. Throws UserError with the line of what can't be read.
  explicit UserAgentParser(std::string_view regexes_yaml_text);

  UserAgent Parse(std::string_view user_agent) const;

 private:
  explicit UserAgentParser(UapRules rules);
  struct Rules {
    std::vector<UapRule> rules;
    PatternFilter filter;
  };
  static Rules Compile(std::vector<UapRule> rules);

  Rules browsers_;
  Rules systems_;
  Rules devices_;
};

}  // namespace weir::enrich
