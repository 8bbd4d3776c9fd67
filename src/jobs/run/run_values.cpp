#include "jobs/run/run_values.h"

namespace weir::jobs {

project::Substitutions RunValues(const JobInstance& instance, const Interval& interval) {
  using Kind = project::SubstitutionValue::Kind;
  project::Substitutions values = instance.values;
  values["ds"] = {.kind = Kind::kText, .text = instance.schedule.Day(interval)};
  values["hour"] = {.kind = Kind::kLiteral,
                    .text = std::to_string(instance.schedule.Hour(interval))};
  values["start"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(interval.start)};
  values["end"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(interval.end)};
  for (const InstanceInput& input : instance.reads) {
    values["table." + input.input.name] = {.kind = Kind::kName, .text = input.input.name};
  }
  return values;
}

}  // namespace weir::jobs
