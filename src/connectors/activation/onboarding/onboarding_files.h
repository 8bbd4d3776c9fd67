#pragma once

#include "connectors/activation/destination.h"

namespace weir::connectors {

// `onboarding_files`: gzip CSV in a folder or bucket, for a DSP that fetches; names and header as
// LiveRamp wants them:
//   connections:
//     files: {kind: onboarding_files, path: out/liveramp, customer: Acme, list: Lookalikes}
//   <path>/[customer]_[list]-[member]_[YYYY-MM-DD].csv.gz; a day's further files have .2, .3 …
//   behind the list.
// A header and one row an identifier: identifier, add, remove. `add` holds segments with when they
// run out (Unix seconds) and their value, "101:1767657600:900", with ';' between; `remove` holds
// segments.
DestinationKind OnboardingDestination();

}  // namespace weir::connectors
