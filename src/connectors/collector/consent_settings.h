#pragma once

#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "connectors/connector.h"
#include "enrich/consent.h"

namespace weir::connectors {

// Whose consent is asked for, and which IP database says where: as the enrichment chain has them.
std::vector<Setting> ConsentSettings();
// Of complete settings. Throws UserError.
enrich::ConsentRules ConsentRulesOf(const nlohmann::json& settings);
// Throws UserError for purposes that there aren't; of settings as a step has them.
void CheckConsentSettings(const nlohmann::json& settings);
std::filesystem::path PlacesOf(const nlohmann::json& settings,
                               const ServiceSurroundings& surroundings);

}  // namespace weir::connectors
