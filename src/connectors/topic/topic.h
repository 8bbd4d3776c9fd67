#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// Lines of a topic, for streams: source_partition VARCHAR, source_offset BIGINT, line BLOB, in
// their order, the bytes as they are.
//   with: {path: "{location.world}/raw/ingested-af", topic: ingested-af, growing: false}
// And where services put what they accept (segment_log.h).
std::unique_ptr<Connector> MakeTopic();

}  // namespace weir::connectors
