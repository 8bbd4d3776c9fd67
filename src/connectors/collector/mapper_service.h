#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// Cookie sync, for services (`weir serve`):
//   GET /sync    a browser with an id of a party: writes down the ids seen together, and sends it
//                on to the next partner
//   POST /sync   NDJSON of ids, by a partner's server with its token
std::unique_ptr<Connector> MakeMapperService();

}  // namespace weir::connectors
