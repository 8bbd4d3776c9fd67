#include "enrich/bots.h"

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "enrich/user_agent.h"

namespace weir::enrich {
namespace {

std::vector<Pattern> ReadPatterns(std::string_view text) {
  const nlohmann::json entries = nlohmann::json::parse(text, nullptr, false);
  if (!entries.is_array() || entries.empty()) {
    throw UserError("crawler-user-agents: wanted: a JSON array of objects with a \"pattern\"");
  }
  std::vector<Pattern> patterns;
  patterns.reserve(entries.size());
  for (const nlohmann::json& entry : entries) {
    const std::string place = fmt::format("crawler-user-agents, entry {}", patterns.size() + 1);
    const auto pattern = entry.find("pattern");
    if (!entry.is_object() || pattern == entry.end() || !pattern->is_string()) {
      throw UserError("{}: found {}; wanted: an object with \"pattern\", a text", place,
                      entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    patterns.push_back(
        {.regex = pattern->get<std::string>(), .ignore_case = false, .place = place});
  }
  return patterns;
}

}  // namespace

BotPatterns::BotPatterns(std::string_view crawler_user_agents_json)
    : filter_(ReadPatterns(crawler_user_agents_json)) {}

bool BotPatterns::Matches(std::string_view user_agent) const {
  return filter_.First(user_agent.substr(0, kMaxUserAgentBytes)).has_value();
}

}  // namespace weir::enrich
