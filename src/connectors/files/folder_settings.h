#pragma once

#include <nlohmann/json.hpp>

// Settings that connectors which write folders have in common.
namespace weir::connectors {

// Setting `day`: throws UserError unless it is a date, or holds a "{name}" that is still to be
// filled in.
void CheckDaySetting(const nlohmann::json& settings);

// A setting that becomes a part of a path, if it is there: throws UserError if it is empty, hidden
// or has a '/'.
void CheckNameSetting(const nlohmann::json& settings, const char* name);

}  // namespace weir::connectors
