#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "connectors/collector/cookies.h"

// The first-party cookie: 32 lower-case hex digits that stand for a browser.
namespace weir::connectors {

std::vector<Setting> CookieSettings();
// Throws UserError for what the declaration can't say.
void CheckCookieSettings(const nlohmann::json& settings);
// Of complete settings.
CookieRules CookiesOf(const nlohmann::json& settings);

// The browser's id; empty if it has none, or one that isn't ours by its look.
std::string UserIdIn(const std::map<std::string, std::string>& cookies, const std::string& name);

// Throws UserError unless `url` is an absolute http(s) URL without query, fragment and '/' at its
// end.
void CheckOwnUrl(const char* setting, const std::string& url);

}  // namespace weir::connectors
