#pragma once

#include <optional>
#include <string>

#include "lake/actions.h"

namespace weir::lake {

// What a table's property `key` says, "true" or "false" in any letter case; nothing if it is
// neither or not there. Pure; any thread.
std::optional<bool> BooleanSetting(const Metadata& metadata, const std::string& key);

}  // namespace weir::lake
