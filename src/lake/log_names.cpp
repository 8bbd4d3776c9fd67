#include "lake/log_names.h"

#include <charconv>

#include <fmt/format.h>

namespace weir::lake {

std::string LogEntryKey(std::int64_t version) {
  return fmt::format("{}{:020}.json", kLogFolder, version);
}

std::optional<std::int64_t> LogEntryVersion(std::string_view key) {
  const auto version = VersionInName(key);
  const std::string_view rest = version ? key.substr(kLogFolder.size() + kVersionDigits) : "";
  return rest == ".json" ? version : std::nullopt;
}

std::optional<std::int64_t> VersionInName(std::string_view key) {
  const bool is_long_enough =
      key.starts_with(kLogFolder) && key.size() >= kLogFolder.size() + kVersionDigits;
  return is_long_enough ? DigitsOf(key.substr(kLogFolder.size(), kVersionDigits)) : std::nullopt;
}

std::optional<std::int64_t> DigitsOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace weir::lake
