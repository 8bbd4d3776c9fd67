#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `segment_files`: what changed in segments on a day, as files for whoever sends it to a DSP.
//   with: {path: "{location.segment_syncs}", name: lookalikeSegments, day: "{ds}",
//          partition: "{region}"}
// Out: the rows (columns as in, in this order; actions `add` and `remove`) go to
// `<path>/combined/YYYY/MM/DD/<partition>.<name>.gz/part-NNNNN.gz`: tab-separated without a header,
// sorted by user, the same bytes for the same rows. `_SUCCESS` (JSON: parts with name, size, lines
// and SHA-256) is written last. Whoever takes a folder first makes the file `_TAKEN` in it, and
// then looks whether that is still there and `_SUCCESS` fits; from then on no file of it is
// changed.
// In: what a taken folder holds, and a row with the action `taken`; nothing as long as it isn't
// taken. So a run that is repeated knows what has gone out already.
std::unique_ptr<Connector> MakeSegmentFiles();

}  // namespace weir::connectors
