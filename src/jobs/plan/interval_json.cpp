#include "jobs/plan/interval_json.h"

#include "base/clock.h"
#include "jobs/plan/done_runs.h"

namespace weir::jobs {

nlohmann::ordered_json IntervalJson(const Interval& interval) {
  if (IsBatch(interval)) {
    return {{"start", nullptr}, {"end", nullptr}, {"batch", interval.start}};
  }
  return {{"start", FormatTimestamp(interval.start)}, {"end", FormatTimestamp(interval.end)}};
}

}  // namespace weir::jobs
