#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `secor`, out only: a day of events as JSON lines in the layout of Secor (secor_path.h), on a disk
// or S3, for readers that know it.
//   with: {path: "{location.reservoir_files}", topic: st, day: "{ds}", sort_by: [event_id]}
// The offset of a row is its number in the day, in the order of time partition and `sort_by`; so
// the same rows give the same files, whenever and however often they are written. `_SUCCESS` goes
// first and comes last, in each folder of full depth, the oldest first, and then in the day's:
// a folder that has it holds all rows, each once.
std::unique_ptr<Connector> MakeSecor();

}  // namespace weir::connectors
