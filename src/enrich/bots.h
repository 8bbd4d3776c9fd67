#pragma once

#include <string_view>

#include "enrich/pattern_filter.h"

namespace weir::enrich {

// The patterns of the crawler-user-agents list. Immutable: any threads may ask.
class BotPatterns {
 public:
  // The text of crawler-user-agents.json. Throws UserError with the entry that can't be read.
  explicit BotPatterns(std::string_view crawler_user_agents_json);

  // Whether a pattern is found, case-sensitively, in the first kMaxUserAgentBytes.
  bool Matches(std::string_view user_agent) const;

 private:
  PatternFilter filter_;
};

}  // namespace weir::enrich
