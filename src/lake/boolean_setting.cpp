#include "lake/boolean_setting.h"

#include "base/ascii.h"

namespace weir::lake {

std::optional<bool> BooleanSetting(const Metadata& metadata, const std::string& key) {
  const auto setting = metadata.configuration.find(key);
  if (setting == metadata.configuration.end()) {
    return std::nullopt;
  }
  if (EqualIgnoringCase(setting->second, "true")) {
    return true;
  }
  return EqualIgnoringCase(setting->second, "false") ? std::optional(false) : std::nullopt;
}

}  // namespace weir::lake
