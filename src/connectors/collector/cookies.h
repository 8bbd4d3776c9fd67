#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace weir::connectors {

// The pairs of a Cookie header (RFC 6265 §4.2.1); of a repeated name the first counts.
std::map<std::string, std::string> ParseCookies(std::string_view header);

// How cookies are kept by browsers.
struct CookieRules {
  std::string domain{};            // empty: the host that sets it, alone
  std::string same_site = "None";  // None, Lax, Strict
  bool secure = true;              // needed for None
  std::int64_t days = 390;         // browsers keep none for more than 400
};

// A Set-Cookie header's value (RFC 6265 §4.1): for all paths, and hidden from scripts. `name` and
// `value` are of letters, digits and "-_.~".
std::string SetCookie(std::string_view name, std::string_view value, const CookieRules& rules);

}  // namespace weir::connectors
