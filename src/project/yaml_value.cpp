#include "project/yaml_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weir::project {
namespace {

template <typename Number>
std::optional<Number> ParseAll(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

nlohmann::json ScalarToJson(const YamlValue& value) {
  if (value.quoted) {
    return value.text;
  }
  if (value.text == "true" || value.text == "false") {
    return value.text == "true";
  }
  if (const auto integer = ParseInteger(value.text)) {
    return *integer;
  }
  if (const auto number = ParseNumber(value.text)) {
    return *number;
  }
  return value.text;
}

}  // namespace

const YamlValue* YamlValue::Find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &found->value;
}

std::optional<std::string> YamlValue::Text(std::string_view key) const {
  const YamlValue* value = Find(key);
  return value != nullptr && value->kind == Kind::kText ? std::optional(value->text) : std::nullopt;
}

bool YamlValue::IsTrue(std::string_view key) const {
  const YamlValue* value = Find(key);
  return value != nullptr && value->text == "true" && !value->quoted;
}

std::optional<std::int64_t> YamlValue::Integer(std::string_view key) const {
  const auto number = Text(key);
  return number ? ParseInteger(*number) : std::nullopt;
}

std::optional<double> YamlValue::Number(std::string_view key) const {
  const auto number = Text(key);
  return number ? ParseNumber(*number) : std::nullopt;
}

std::vector<std::string> YamlValue::Texts(std::string_view key) const {
  const YamlValue* value = Find(key);
  if (value == nullptr) {
    return {};
  }
  if (value->kind == Kind::kText) {
    return {value->text};
  }
  std::vector<std::string> texts;
  for (const YamlValue& item : value->items) {
    if (item.kind == Kind::kText) {
      texts.push_back(item.text);
    }
  }
  return texts;
}

std::span<const YamlValue> YamlValue::Items(std::string_view key) const {
  const YamlValue* value = Find(key);
  return value != nullptr ? std::span<const YamlValue>(value->items) : std::span<const YamlValue>();
}

std::vector<std::reference_wrapper<const YamlEntry>> YamlValue::Entries(
    std::string_view key) const {
  std::vector<std::reference_wrapper<const YamlEntry>> unique;
  const YamlValue* value = Find(key);
  if (value == nullptr) {
    return unique;
  }
  for (const YamlEntry& entry : value->entries) {
    const auto is_same = [&](const YamlEntry& other) { return other.key == entry.key; };
    if (std::ranges::none_of(unique, is_same)) {
      unique.emplace_back(entry);
    }
  }
  return unique;
}

Place YamlValue::PlaceOf(std::string_view key) const {
  const YamlValue* value = Find(key);
  return value != nullptr ? value->place : place;
}

nlohmann::json ToJson(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::kNothing:
      return nullptr;
    case YamlValue::Kind::kText:
      return ScalarToJson(value);
    case YamlValue::Kind::kList: {
      nlohmann::json list = nlohmann::json::array();
      for (const YamlValue& item : value.items) {
        list.push_back(ToJson(item));
      }
      return list;
    }
    case YamlValue::Kind::kMap: {
      nlohmann::json map = nlohmann::json::object();
      for (const YamlEntry& entry : value.entries) {
        map.emplace(entry.key, ToJson(entry.value));
      }
      return map;
    }
  }
  return nullptr;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  return ParseAll<std::int64_t>(text);
}

std::optional<double> ParseNumber(std::string_view text) {
  const auto number = ParseAll<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

}  // namespace weir::project
