#include "enrich/user_agent_cache.h"

#include <utility>

namespace weir::enrich {

UserAgentCache::UserAgentCache(const UserAgentParser& parser, const BotPatterns& bots,
                               std::size_t capacity)
    : parser_(parser), bots_(bots), capacity_(capacity) {}

const UserAgentVerdict& UserAgentCache::Look(std::string_view user_agent) {
  const std::string_view text = user_agent.substr(0, kMaxUserAgentBytes);
  if (const auto found = young_.find(text); found != young_.end()) {
    return found->second;
  }
  MakeRoom();
  if (const auto found = old_.find(text); found != old_.end()) {
    return young_.insert(old_.extract(found)).position->second;
  }
  UserAgentVerdict verdict{.agent = parser_.Parse(text)};
  verdict.is_bot = verdict.agent.is_spider || bots_.Matches(text);
  return young_.emplace(text, std::move(verdict)).first->second;
}

void UserAgentCache::MakeRoom() {
  if (young_.size() >= capacity_ / 2) {
    old_ = std::move(young_);
    young_.clear();
  }
}

}  // namespace weir::enrich
