#include "connectors/optional_connection.h"

#include <fmt/format.h>

namespace weir::connectors {

std::vector<Setting> OptionalConnectionSettings(std::string_view kind) {
  return {{.name = "connection",
           .required = true,
           .doc = fmt::format("of `connections` in weir.yaml, of kind {}", kind)},
          {.name = "where_configured",
           .type = SettingType::kBoolean,
           .standard = false,
           .doc = "whether nothing is sent, and nothing is wrong, where weir.yaml has no such "
                  "connection"}};
}

bool HasNoConnection(const Connections& connections, const nlohmann::json& settings) {
  const auto chosen = settings.find("where_configured");
  return chosen != settings.end() && *chosen == true &&
         !connections.Has(settings.at("connection").get<std::string>());
}

SendReport NothingSent(const nlohmann::json& settings) {
  return {.identity = fmt::format("nothing, there is no connection '{}'",
                                  settings.at("connection").get<std::string>())};
}

}  // namespace weir::connectors
