#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `delivery_journal`, in only: what destinations (activation.h) finished in the runs of
// the last 31 days up to `day`, so that a day that was left out comes with the next.
//   with: {path: "{location.dsp_sync}", day: "{ds}", objects: uploads}
// `uploads`: a row an attempt to deliver a file; `changes`: a row a change, with its file and the
// job that took it.
std::unique_ptr<Connector> MakeDeliveryJournal();

}  // namespace weir::connectors
