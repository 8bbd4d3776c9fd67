#include "cli/forget/json_texts.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace weir::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kErrorLines = "error_lines";

bool IsNamedIn(const OrderedJson& text, TextKind kind, const IdPatterns& patterns) {
  return text.is_string() && patterns.StandIn(kind, text.get_ref<const std::string&>());
}

std::int64_t TakeLinesOut(OrderedJson& lines, const IdPatterns& patterns) {
  return static_cast<std::int64_t>(std::erase_if(
      lines.get_ref<OrderedJson::array_t&>(),
      [&](const OrderedJson& line) { return IsNamedIn(line, TextKind::kErrorLine, patterns); }));
}

}  // namespace

std::int64_t TakeTextsOut(OrderedJson& value, connectors::NamedPeople people,
                          const IdPatterns& patterns) {
  if (value.is_string()) {
    const bool is_named = people == connectors::NamedPeople::kAnywhere &&
                          IsNamedIn(value, TextKind::kForeignLine, patterns);
    if (is_named) {
      value = patterns.Without(TextKind::kForeignLine, value.get<std::string>());
    }
    return is_named ? 1 : 0;
  }
  std::int64_t found = 0;
  for (auto part = value.begin(); value.is_structured() && part != value.end(); ++part) {
    found += value.is_object() && part.key() == kErrorLines && part->is_array()
                 ? TakeLinesOut(*part, patterns)
                 : TakeTextsOut(*part, people, patterns);
  }
  return found;
}

bool HasMessageOf(const OrderedJson& value, const IdPatterns& patterns) {
  for (auto part = value.begin(); value.is_structured() && part != value.end(); ++part) {
    const bool is_message = value.is_object() && (part.key() == "error" || part.key() == "why" ||
                                                  part.key() == "message");
    if (is_message && IsNamedIn(*part, TextKind::kMessage, patterns)) {
      return true;
    }
    if (value.is_object() && part.key() == kErrorLines && part->is_array() &&
        std::ranges::any_of(*part, [&](const OrderedJson& line) {
          return IsNamedIn(line, TextKind::kErrorLine, patterns);
        })) {
      return true;
    }
    if (HasMessageOf(*part, patterns)) {
      return true;
    }
  }
  return false;
}

}  // namespace weir::cli
