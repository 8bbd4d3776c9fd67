#pragma once

#include <memory>

#include "connectors/activation/destination.h"
#include "connectors/connector.h"

namespace weir::connectors {

// A destination as a connector, out only: takes complete segment folders and brings the destination
// to what it shall have.
//   in: {routes: …, members: …}      relations of PlanInput (delivery_plan.h)
//   with: {connection: xandr, where_configured: true, dsp: xandr,
//          path: "{location.segment_syncs}", journal: "{location.dsp_sync}", day: "{ds}"}
// What is under way from earlier is finished first. A day before one that was sent already sends
// nothing: its folders go with the next. Sent again it goes on where it was. Users are taken back
// by a delivery of their removals, from all segments that deliveries put them into.
std::unique_ptr<Connector> MakeActivation(DestinationKind kind);

}  // namespace weir::connectors
