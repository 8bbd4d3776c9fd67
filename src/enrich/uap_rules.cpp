#include "enrich/uap_rules.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "base/error.h"

namespace weir::enrich {
namespace {

constexpr std::array<std::string_view, 13> kKeys = {
    "regex_flag",        "family_replacement", "v1_replacement",     "v2_replacement",
    "v3_replacement",    "os_replacement",     "os_v1_replacement",  "os_v2_replacement",
    "os_v3_replacement", "os_v4_replacement",  "device_replacement", "brand_replacement",
    "model_replacement"};

// The text in single quotes ('' stands for one) that `text` is, but for a comment after it.
std::optional<std::string> Unquote(std::string_view text) {
  if (!text.starts_with('\'')) {
    return std::nullopt;
  }
  std::string value;
  std::size_t at = 1;
  while (at < text.size() && (text[at] != '\'' || text.substr(at).starts_with("''"))) {
    value += text[at];
    at += text[at] == '\'' ? 2 : 1;
  }
  const std::string_view rest = at < text.size() ? Trimmed(text.substr(at + 1)) : "unclosed";
  return rest.empty() || rest.starts_with('#') ? std::optional(value) : std::nullopt;
}

class Reader {
 public:
  UapRules Read(std::string_view yaml) {
    while (!yaml.empty()) {
      ++line_;
      const std::size_t end = std::min(yaml.find('\n'), yaml.size());
      const std::string_view text = Trimmed(yaml.substr(0, end));
      yaml.remove_prefix(std::min(end + 1, yaml.size()));
      if (!text.empty() && !text.starts_with('#')) {
        ReadLine(text);
      }
    }
    if (rules_.browsers.empty() || rules_.systems.empty() || rules_.devices.empty()) {
      throw UserError(
          "uap-core regexes: a list is empty or missing; wanted: user_agent_parsers, os_parsers, "
          "device_parsers");
    }
    return std::move(rules_);
  }

 private:
  void ReadLine(std::string_view text) {
    if (text == "user_agent_parsers:") {
      list_ = &rules_.browsers;
    } else if (text == "os_parsers:") {
      list_ = &rules_.systems;
    } else if (text == "device_parsers:") {
      list_ = &rules_.devices;
    } else {
      ReadEntry(text);
    }
  }

  // "- regex: 'text'", which begins a rule, or "key: 'text'" of the last one.
  void ReadEntry(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view key = text.substr(0, colon);
    const auto value = Unquote(Trimmed(text.substr(std::min(colon + 1, text.size()))));
    const bool begins = key == "- regex";
    const bool known = begins || std::ranges::find(kKeys, key) != kKeys.end();
    if (!value || !known || list_ == nullptr || (!begins && list_->empty())) {
      throw UserError(
          "uap-core regexes, line {}: found '{}'; allowed: the name of a list, - regex: 'text', or "
          "a key of it ({}): 'text'",
          line_, text, fmt::join(kKeys, ", "));
    }
    if (begins) {
      list_->push_back({.line = line_, .regex = *value, .ignore_case = false, .replacements = {}});
    } else if (key == "regex_flag") {
      list_->back().ignore_case = value->find('i') != std::string::npos;
    } else {
      list_->back().replacements.insert_or_assign(std::string(key), *value);
    }
  }

  UapRules rules_;
  std::vector<UapRule>* list_ = nullptr;
  std::size_t line_ = 0;
};

}  // namespace

std::string_view UapRule::Replacement(std::string_view key, std::string_view otherwise) const {
  const auto found = replacements.find(key);
  return found == replacements.end() ? otherwise : std::string_view(found->second);
}

UapRules ReadUapRules(std::string_view yaml) { return Reader().Read(yaml); }

}  // namespace weir::enrich
