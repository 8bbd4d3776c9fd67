#include "connectors/files/folder_settings.h"

#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace weir::connectors {

void CheckDaySetting(const nlohmann::json& settings) {
  const std::string day = settings.value("day", "{ds}");
  if (day.find('{') == std::string::npos && !ParseDate(day)) {
    throw UserError("setting 'day' is '{}'; a day such as 2026-01-31 is allowed", day);
  }
}

void CheckNameSetting(const nlohmann::json& settings, const char* name) {
  const std::string text = settings.value(name, "{}");
  if (text.empty() || text.find('/') != std::string::npos || text[0] == '.') {
    throw UserError("setting '{}' is '{}'; a part of a folder's name is allowed", name, text);
  }
}

}  // namespace weir::connectors
