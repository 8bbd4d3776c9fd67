#include "base/declared_settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir {
namespace {

using Json = nlohmann::json;

const char* NameOf(SettingType type) {
  switch (type) {
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kInteger:
      return "an integer";
    case SettingType::kNumber:
      return "a number";
    case SettingType::kText:
      return "a text";
    case SettingType::kTexts:
      return "a list of texts";
    case SettingType::kObject:
      return "a mapping of names to texts";
  }
  return "";
}

// Whether a value is filled in later: "{var.x}".
bool IsOpen(const Json& value) {
  if (!value.is_string()) {
    return false;
  }
  const auto& text = value.get_ref<const std::string&>();
  const std::size_t open = text.find('{');
  return open != std::string::npos && text.find('}', open) != std::string::npos;
}

template <typename Number>
std::optional<Number> Parse(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// A text as the boolean or number that it says; other texts as they are.
Json FromText(SettingType type, const std::string& text) {
  if (type == SettingType::kBoolean && (text == "true" || text == "false")) {
    return text == "true";
  }
  if (type == SettingType::kInteger) {
    const auto number = Parse<std::int64_t>(text);
    return number ? Json(*number) : Json(text);
  }
  if (type == SettingType::kNumber) {
    const auto number = Parse<double>(text);
    return number ? Json(*number) : Json(text);
  }
  return text;
}

Json Converted(const Setting& setting, const Json& value) {
  if (setting.type == SettingType::kTexts && value.is_string()) {
    return Json::array({value});
  }
  if (value.is_string()) {
    return FromText(setting.type, value.get<std::string>());
  }
  return value;
}

bool AreTexts(const Json& values) {
  return std::ranges::all_of(values, [](const Json& value) { return value.is_string(); });
}

bool HasType(SettingType type, const Json& value) {
  switch (type) {
    case SettingType::kBoolean:
      return value.is_boolean();
    case SettingType::kInteger:
      return value.is_number_integer();
    case SettingType::kNumber:
      return value.is_number() && std::isfinite(value.get<double>());
    case SettingType::kText:
      return value.is_string();
    case SettingType::kTexts:
      return value.is_array() && AreTexts(value);
    case SettingType::kObject:
      return value.is_object() && AreTexts(value);
  }
  return false;
}

std::string RangeText(const Setting& setting) {
  if (setting.least && setting.most) {
    return fmt::format("{} to {}", *setting.least, *setting.most);
  }
  if (setting.least) {
    return fmt::format("at least {}", *setting.least);
  }
  return setting.most ? fmt::format("at most {}", *setting.most) : "any number";
}

std::optional<std::string> NotAllowed(const Setting& setting, const Json& value) {
  if (setting.allowed.empty() || IsOpen(value) ||
      std::ranges::find(setting.allowed, value.get<std::string>()) != setting.allowed.end()) {
    return std::nullopt;
  }
  const auto text = value.get<std::string>();
  return fmt::format("setting '{}' is '{}'; allowed: {}{}", setting.name, text,
                     fmt::join(setting.allowed, ", "), DidYouMean(text, setting.allowed));
}

std::optional<std::string> MistakeIn(const Setting& setting, const Json& given) {
  const Json value = Converted(setting, given);
  if (IsOpen(given)) {
    return std::nullopt;
  }
  if (!HasType(setting.type, value)) {
    return fmt::format("setting '{}' is {}; it must be {}", setting.name, given.dump(),
                       NameOf(setting.type));
  }
  if (value.is_number()) {
    const auto number = value.get<double>();
    if ((setting.least && number < *setting.least) || (setting.most && number > *setting.most)) {
      return fmt::format("setting '{}' is {}; allowed: {}", setting.name, value.dump(),
                         RangeText(setting));
    }
  }
  if (setting.type == SettingType::kText) {
    return NotAllowed(setting, value);
  }
  if (setting.type == SettingType::kTexts) {
    for (const Json& part : value) {
      if (auto mistake = NotAllowed(setting, part)) {
        return mistake;
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> NamesOf(const std::vector<Setting>& declared) {
  std::vector<std::string> names;
  std::ranges::transform(declared, std::back_inserter(names), &Setting::name);
  return names;
}

}  // namespace

std::vector<std::string> SettingMistakes(const std::vector<Setting>& declared, const Json& given) {
  std::vector<std::string> mistakes;
  if (!given.is_null() && !given.is_object()) {
    return {
        fmt::format("settings are {}; they must be a mapping of names to values", given.dump())};
  }
  const std::vector<std::string> names = NamesOf(declared);
  for (const auto& [name, value] : given.items()) {
    if (std::ranges::find(names, name) == names.end()) {
      mistakes.push_back(
          fmt::format("unknown setting '{}'; allowed: {}{}", name,
                      names.empty() ? "none" : fmt::to_string(fmt::join(names, ", ")),
                      DidYouMean(name, names)));
    }
  }
  for (const Setting& setting : declared) {
    const bool is_given = given.is_object() && given.contains(setting.name);
    if (setting.required && !is_given) {
      mistakes.push_back(fmt::format("setting '{}' is missing; it must be {}", setting.name,
                                     NameOf(setting.type)));
    } else if (is_given) {
      if (auto mistake = MistakeIn(setting, given[setting.name])) {
        mistakes.push_back(*std::move(mistake));
      }
    }
  }
  return mistakes;
}

Json CompleteSettings(const std::vector<Setting>& declared, const Json& given) {
  const std::vector<std::string> mistakes = SettingMistakes(declared, given);
  if (!mistakes.empty()) {
    throw UserError("{}", fmt::to_string(fmt::join(mistakes, "\n")));
  }
  Json complete = Json::object();
  for (const Setting& setting : declared) {
    if (given.is_object() && given.contains(setting.name)) {
      complete[setting.name] = Converted(setting, given[setting.name]);
    } else if (!setting.standard.is_null()) {
      complete[setting.name] = setting.standard;
    }
  }
  return complete;
}

}  // namespace weir
