#include "enrich/user_agent.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.h"
#include "enrich/device_type.h"

namespace weir::enrich {
namespace {

using MatchedGroups = std::array<std::string_view, PatternFilter::kMaxGroups>;

struct Match {
  const UapRule& rule;
  MatchedGroups groups;
};

// A replacement with $1 to $9 filled in.
std::string FillIn(std::string_view replacement, const MatchedGroups& groups) {
  std::string text;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] == '$' && i + 1 < replacement.size() && replacement[i + 1] >= '1' &&
        replacement[i + 1] <= '9') {
      text += groups[static_cast<std::size_t>(replacement[++i] - '0')];
    } else {
      text += replacement[i];
    }
  }
  return std::string(Trimmed(text));
}

// The value of a key: the match's replacement or, without one, what its rule gives otherwise.
std::string ValueOf(const Match& match, std::string_view key, std::string_view otherwise) {
  return FillIn(match.rule.Replacement(key, otherwise), match.groups);
}

std::optional<Match> FirstMatch(const std::vector<UapRule>& rules, const PatternFilter& filter,
                                std::string_view text) {
  const auto first = filter.First(text);
  if (!first) {
    return std::nullopt;
  }
  Match match{.rule = rules[*first], .groups = {}};
  filter.Groups(*first, text, match.groups);
  return match;
}

std::string OrOther(const std::string& family) { return family.empty() ? "Other" : family; }

}  // namespace

UserAgentParser::UserAgentParser(std::string_view regexes_yaml_text)
    : UserAgentParser(ReadUapRules(regexes_yaml_text)) {}

UserAgentParser::UserAgentParser(UapRules rules)
    : browsers_(Compile(std::move(rules.browsers))),
      systems_(Compile(std::move(rules.systems))),
      devices_(Compile(std::move(rules.devices))) {}

UserAgentParser::Rules UserAgentParser::Compile(std::vector<UapRule> rules) {
  std::vector<Pattern> patterns;
  patterns.reserve(rules.size());
  for (const UapRule& rule : rules) {
    patterns.push_back({.regex = rule.regex,
                        .ignore_case = rule.ignore_case,
                        .place = fmt::format("uap-core regexes, line {}", rule.line)});
  }
  return {.rules = std::move(rules), .filter = PatternFilter(patterns)};
}

UserAgent UserAgentParser::Parse(std::string_view user_agent) const {
  const std::string_view text = user_agent.substr(0, kMaxUserAgentBytes);
  UserAgent agent{.browser = "Other", .browser_version = "", .os = "Other", .device_type = ""};
  if (const auto match = FirstMatch(browsers_.rules, browsers_.filter, text)) {
    agent.browser = OrOther(ValueOf(*match, "family_replacement", "$1"));
    agent.browser_version = ValueOf(*match, "v1_replacement", "$2");
  }
  if (const auto match = FirstMatch(systems_.rules, systems_.filter, text)) {
    agent.os = OrOther(ValueOf(*match, "os_replacement", "$1"));
  }
  std::string device_family = "Other";
  if (const auto match = FirstMatch(devices_.rules, devices_.filter, text)) {
    device_family = OrOther(ValueOf(*match, "device_replacement", "$1"));
  }
  agent.is_spider = device_family == "Spider";
  agent.device_type = DeviceType(text, agent.os, device_family);
  return agent;
}

}  // namespace weir::enrich
