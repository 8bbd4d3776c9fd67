#pragma once

#include "connectors/activation/destination.h"

namespace weir::connectors {

// `xandr`: the Batch Segment Service, by its API or by the passive bucket.
//   connections:
//     xandr: {kind: xandr, url: "https://api.example", token: "{secret.xandr_token}"}
// Limits: one upload a minute for a member, one waiting job, files of 500 MB, 1800 segments a line.
DestinationKind XandrDestination();

}  // namespace weir::connectors
