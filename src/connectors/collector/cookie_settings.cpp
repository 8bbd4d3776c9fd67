#include "connectors/collector/cookie_settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "enrich/url.h"

namespace weir::connectors {

std::vector<Setting> CookieSettings() {
  constexpr double kMostDays = 400;
  return {{.name = "cookie", .standard = "weir_uid", .doc = "the first-party cookie's name"},
          {.name = "cookie_domain",
           .standard = "",
           .doc = "the domain that it is sent to; empty: the host that set it, alone"},
          {.name = "cookie_same_site",
           .standard = "None",
           .allowed = {"None", "Lax", "Strict"},
           .doc = "None: also sent from other sites' pages, as pixels are"},
          {.name = "cookie_secure",
           .type = SettingType::kBoolean,
           .standard = true,
           .doc = "sent over https alone"},
          {.name = "cookie_days",
           .type = SettingType::kInteger,
           .standard = 390,
           .least = 1,
           .most = kMostDays,
           .doc = "how long it is kept after the last visit"}};
}

void CheckCookieSettings(const nlohmann::json& settings) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  for (const char* name : {"cookie", "cookie_domain"}) {
    const auto text = settings.value(name, "");
    const bool is_filled_in = text.find('{') == std::string::npos;
    if (is_filled_in && text.find_first_not_of(kAllowed) != std::string::npos) {
      throw UserError("{} '{}': letters, digits and '-', '_', '.' are allowed", name, text);
    }
  }
  const bool is_secure = !settings.contains("cookie_secure") || settings["cookie_secure"] == true;
  if (settings.value("cookie_same_site", "None") == "None" && !is_secure) {
    throw UserError("cookie_same_site 'None': browsers keep such a cookie only if it is secure");
  }
}

CookieRules CookiesOf(const nlohmann::json& settings) {
  return {.domain = settings.at("cookie_domain").get<std::string>(),
          .same_site = settings.at("cookie_same_site").get<std::string>(),
          .secure = settings.at("cookie_secure").get<bool>(),
          .days = settings.at("cookie_days").get<std::int64_t>()};
}

std::string UserIdIn(const std::map<std::string, std::string>& cookies, const std::string& name) {
  const auto found = cookies.find(name);
  return found != cookies.end() && ParseHash(found->second) ? found->second : std::string();
}

void CheckOwnUrl(const char* setting, const std::string& url) {
  if (url.find('{') != std::string::npos) {
    return;  // still to be filled in
  }
  enrich::UrlParser parser;
  if (!parser.Parse(url) || url.ends_with('/') || url.find_first_of("?# ") != std::string::npos) {
    throw UserError("{} '{}': a URL such as https://sync.example is allowed", setting, url);
  }
}

}  // namespace weir::connectors
