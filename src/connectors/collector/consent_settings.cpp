#include "connectors/collector/consent_settings.h"

#include <charconv>
#include <sstream>

#include "base/error.h"

namespace weir::connectors {

std::vector<Setting> ConsentSettings() {
  constexpr double kLastVendor = 65535;
  return {
      {.name = "vendor",
       .type = SettingType::kInteger,
       .standard = 32,
       .least = 1,
       .most = kLastVendor,
       .doc = "the TCF vendor that must have consent"},
      {.name = "purposes", .standard = "1, 3, 4", .doc = "for what: numbers of the TCF's purposes"},
      {.name = "geo",
       .standard = "",
       .doc = "an MMDB file of addresses, relative to the project; empty: the one that ships"}};
}

enrich::ConsentRules ConsentRulesOf(const nlohmann::json& settings) {
  enrich::ConsentRules rules{.vendor = settings.at("vendor").get<int>(), .purposes = {}};
  const auto text = settings.at("purposes").get<std::string>();
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t begin = std::min(part.find_first_not_of(' '), part.size());
    const char* const end = part.data() + part.find_last_not_of(' ') + 1;
    int purpose = 0;
    const auto [after, error] = std::from_chars(part.data() + begin, end, purpose);
    if (error != std::errc() || after != end) {
      throw UserError("purposes '{}': numbers with commas between are allowed", text);
    }
    rules.purposes.push_back(purpose);
  }
  return rules;
}

void CheckConsentSettings(const nlohmann::json& settings) {
  const auto purposes = settings.value("purposes", "");
  if (!purposes.empty() && purposes.find('{') == std::string::npos) {
    enrich::ConsentReader{ConsentRulesOf({{"vendor", 1}, {"purposes", purposes}})};
  }
}

std::filesystem::path PlacesOf(const nlohmann::json& settings,
                               const ServiceSurroundings& surroundings) {
  const auto file = settings.at("geo").get<std::string>();
  return file.empty() ? surroundings.places : surroundings.folder / file;
}

}  // namespace weir::connectors
