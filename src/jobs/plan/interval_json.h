#pragma once

#include <nlohmann/json.hpp>

#include "jobs/schedule/interval.h"

namespace weir::jobs {

// What programs are told of an interval: {"start", "end"} as timestamps; of a stream's batch
// {"start": null, "end": null, "batch": its number}.
nlohmann::ordered_json IntervalJson(const Interval& interval);

}  // namespace weir::jobs
