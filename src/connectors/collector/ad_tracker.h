#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// The pixel server and collector of first-party events, for services (`weir serve`):
//   GET /px        one event; answers a GIF, or sends the browser on to the mapper service
//   POST /events   NDJSON of raw events
std::unique_ptr<Connector> MakeAdTracker();

}  // namespace weir::connectors
