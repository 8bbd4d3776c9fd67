#pragma once

#include <memory>

#include "connectors/activation/xandr/xandr_delivery.h"

namespace weir::connectors {

// bucket.
std::vector<Setting> XandrBucketSettings();

// By the passive bucket: a file goes to `submitted/` under a name of its own, once, and is moved to
// `done/` or `failed/` with the job's id at its end. It doesn't count. `settings` are complete.
std::unique_ptr<XandrDelivery> MakeXandrBucket(const nlohmann::json& settings,
                                               const DestinationContext& context);

}  // namespace weir::connectors
