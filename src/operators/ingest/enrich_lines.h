#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// The enrichment chain over the lines of one topic (enrich/chain.h):
//   in:  lines  source_partition VARCHAR, source_offset BIGINT, line BLOB, in this order
//        known  the topic's events so far: event_id VARCHAR, dt VARCHAR; optional
//        known_suppressed  those that were suppressed, likewise; optional
//        suppressed_ids  hash VARCHAR (32 hex digits) of ids that must not be kept, and key_epoch
//                        VARCHAR, which salt made it; optional
//   out: good, bad, ledger, suppressed
std::unique_ptr<Operator> MakeEnrichLines();

}  // namespace weir::operators
