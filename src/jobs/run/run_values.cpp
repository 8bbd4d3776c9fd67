#include "jobs/run/run_values.h"

namespace weir::jobs {
namespace {

constexpr std::size_t kDayLength = 10;  // 2026-01-05

}  // namespace

project::Substitutions RunValues(const JobInstance& instance, const Interval& interval) {
  using Kind = project::SubstitutionValue::Kind;
  project::Substitutions values = instance.values;
  // A batch has no day of its own: it is ingested today.
  values["ds"] = {.kind = Kind::kText,
                  .text = instance.job->is_stream ? FormatTimestamp(Now()).substr(0, kDayLength)
                                                  : instance.schedule.Day(interval)};
  values["hour"] = {.kind = Kind::kLiteral,
                    .text = std::to_string(instance.schedule.Hour(interval))};
  if (instance.job->is_stream) {
    values["batch"] = {.kind = Kind::kLiteral, .text = std::to_string(interval.start)};
  }
  values["start"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(interval.start)};
  values["end"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(interval.end)};
  for (const InstanceInput& input : instance.reads) {
    values["table." + input.input.name] = {.kind = Kind::kName, .text = input.input.name};
  }
  return values;
}

}  // namespace weir::jobs
