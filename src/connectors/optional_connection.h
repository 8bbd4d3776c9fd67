#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"

// Of connectors that send to a server which not every project has.
namespace weir::connectors {

// Settings `connection` and `where_configured`, of a connector whose connections have this kind.
std::vector<Setting> OptionalConnectionSettings(std::string_view kind);

// Whether `where_configured` is set and weir.yaml has no such connection: then nothing is sent.
// `settings` may have mistakes, but for `connection`, which is a text.
bool HasNoConnection(const Connections& connections, const nlohmann::json& settings);

// What is reported then.
SendReport NothingSent(const nlohmann::json& settings);

}  // namespace weir::connectors
