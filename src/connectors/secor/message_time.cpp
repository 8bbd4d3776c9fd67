#include "connectors/secor/message_time.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "enrich/timestamp.h"

namespace weir::connectors {
namespace {

std::vector<std::string> NamesBetweenDots(const std::string& field) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= field.size();) {
    const std::size_t end = std::min(field.find('.', begin), field.size());
    names.push_back(field.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

enrich::JsonFields OneField(const std::string& name) {
  const std::array<std::string_view, 1> names = {name};
  return enrich::JsonFields(names);
}

std::optional<Micros> TimeIn(const nlohmann::json& value) {
  if (value.is_string()) {
    return enrich::ParseTimestampText(value.get_ref<const std::string&>());
  }
  return value.is_number() ? enrich::ParseTimestampNumber(value.dump()) : std::nullopt;
}

}  // namespace

MessageTime::MessageTime(const std::string& field)
    : names_(NamesBetweenDots(field)), fields_(OneField(field)) {}

std::optional<Micros> MessageTime::Of(std::string_view message) {
  if (names_.size() == 1 && message.size() <= enrich::kLongestLine) {
    if (fields_.Parse(message) != enrich::Verdict::kGood) {
      return std::nullopt;
    }
    const std::string_view text = fields_.Text(0);
    return text.empty() ? enrich::ParseTimestampNumber(fields_.NumberText(0))
                        : enrich::ParseTimestampText(text);
  }
  nlohmann::json value = nlohmann::json::parse(message, nullptr, false);
  for (const std::string& name : names_) {
    if (!value.is_object() || !value.contains(name)) {
      return std::nullopt;
    }
    value = nlohmann::json(value.at(name));
  }
  return TimeIn(value);
}

}  // namespace weir::connectors
