#include "cli/command.h"

#include <charconv>

#include "base/ascii.h"
#include "base/error.h"

namespace weir::cli {
void Arguments::Set(std::string name, std::vector<std::string> values) {
  values_[std::move(name)] = std::move(values);
}

std::vector<std::string> Arguments::Texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::string> Arguments::OptionalText(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) {
    return std::nullopt;
  }
  return found->second.back();
}

std::string Arguments::Text(std::string_view name) const { return OptionalText(name).value_or(""); }

std::vector<std::string> Arguments::Names(std::string_view name) const {
  std::vector<std::string> names;
  for (const std::string& value : Texts(name)) {
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      const std::string_view part = Trimmed(rest.substr(0, comma));
      if (part.empty()) {
        throw UsageError("{} '{}': a name is missing; names are separated by single commas", name,
                         value);
      }
      names.emplace_back(part);
      if (comma == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(comma + 1);
    }
  }
  return names;
}

std::optional<std::int64_t> Arguments::Integer(std::string_view name, std::int64_t least) const {
  const auto text = OptionalText(name);
  if (!text) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem != std::errc() || end != text->data() + text->size() || value < least) {
    throw UsageError("{} '{}': a whole number of at least {} is needed", name, *text, least);
  }
  return value;
}

}  // namespace weir::cli
