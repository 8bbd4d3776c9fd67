#include "world/server/text_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::world {
namespace {

constexpr std::array<std::string_view, 6> kFieldNames{"SEG_ID",    "SEG_CODE", "EXPIRATION",
                                                      "TIMESTAMP", "VALUE",    "MEMBER_ID"};

std::string FieldsFault(const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    if (std::ranges::find(kFieldNames, field) == kFieldNames.end()) {
      return fmt::format("fields: '{}' is unknown; allowed: {}", field,
                         fmt::join(kFieldNames, ", "));
    }
    if (std::ranges::count(fields, field) > 1) {
      return fmt::format("fields: {} stands twice", field);
    }
  }
  const auto has = [&](std::string_view name) { return std::ranges::count(fields, name) > 0; };
  if (has("SEG_ID") == has("SEG_CODE")) {
    return "fields: one of SEG_ID and SEG_CODE is needed";
  }
  return has("SEG_CODE") && !has("MEMBER_ID") ? "fields: SEG_CODE needs MEMBER_ID" : "";
}

// Behind the user, between segments, between fields, before removals, before the domain.
std::string SeparatorsFault(std::string_view separators) {
  constexpr std::string_view kForbidden = "[](){}$\\/|?*+-";
  constexpr std::size_t kBetweenFields = 2;
  if (separators.size() < 3 || separators.size() > 5) {
    return fmt::format("separators '{}': three to five characters are allowed", separators);
  }
  for (std::size_t i = 0; i < separators.size(); ++i) {
    const char c = separators[i];
    if (c <= ' ' || c > '~' || (c >= '0' && c <= '9') ||
        kForbidden.find(c) != std::string_view::npos) {
      return fmt::format("separators '{}': '{}' isn't allowed, as spaces, digits and {} aren't",
                         separators, c, kForbidden);
    }
    const std::size_t first = separators.find(c);
    if (first < i && !(first == 0 && i == kBetweenFields)) {
      return fmt::format(
          "separators '{}': '{}' stands twice; only the first and the third may be equal",
          separators, c);
    }
  }
  return "";
}

}  // namespace

std::string TextRulesFault(const TextRules& rules) {
  const std::string fault = FieldsFault(rules.fields);
  return fault.empty() ? SeparatorsFault(rules.separators) : fault;
}

}  // namespace weir::world
