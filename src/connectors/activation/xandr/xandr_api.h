#pragma once

#include <memory>

#include "connectors/activation/xandr/xandr_delivery.h"

namespace weir::connectors {

// url, token, timeout, pauses and patience.
std::vector<Setting> XandrApiSettings();

// By the API: a job is made and noted before the file is sent; a job that has the file is never
// sent it again, whatever became of the answer. `settings` are complete.
std::unique_ptr<XandrDelivery> MakeXandrApi(const nlohmann::json& settings,
                                            const DestinationContext& context);

}  // namespace weir::connectors
