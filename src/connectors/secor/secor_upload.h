#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `secor_upload`, in only: messages of a Kafka topic into files in the layout of Secor, each offset
// once, and a row for each file.
//   with: {from: kafka://enriched/enriched-v2-st, path: "{location.reservoir_files}", topic: st}
// A partition's messages are uploaded once there are `upload_bytes` of them or the oldest is
// `upload_seconds` old: a file for each time partition, named by its first offset. The stream's
// positions are committed with the rows, so a batch that died is read again from where it began. In
// it the first message of a time partition is the same one, whatever else the batch holds, so its
// file has the same name and replaces what the dead one left. After the commit folders that nothing
// can come to any more are marked with `_SUCCESS` (finaliser.h).
std::unique_ptr<Connector> MakeSecorUpload();

}  // namespace weir::connectors
