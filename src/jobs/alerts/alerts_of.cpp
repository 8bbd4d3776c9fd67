#include "jobs/alerts/alerts_of.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "jobs/steps/time_limit.h"

namespace weir::jobs {
namespace {

Alert AlertAbout(const JobInstance& instance, const Interval& interval, AlertCause cause) {
  return {.cause = cause,
          .job = instance.job->name,
          .partition = instance.partition,
          .interval = interval,
          .label = instance.Label(interval)};
}

bool HasIntervals(const project::Job& job) {
  return !job.is_stream && !job.is_service && job.schedule.cadence != project::Cadence::kManual;
}

// Whether the job has the interval at all: from its start to its end.
bool IsWithin(const JobInstance& instance, const Interval& interval) {
  const project::Job& job = *instance.job;
  return (!job.start || interval.start >= instance.schedule.TimeOf(*job.start)) &&
         (!job.end || interval.end <= instance.schedule.TimeOf(*job.end));
}

std::string WaitsFor(const Plan& plan, std::size_t instance) {
  for (const NotPlanned& waiting : plan.waiting) {
    if (waiting.instance == instance) {
      return waiting.why;
    }
  }
  return "what it needs isn't complete";
}

}  // namespace

std::optional<Alert> AlertOf(const JobInstance& instance, const RunOutcome& outcome) {
  const RunRecord& record = outcome.record;
  if (outcome.result != RunResult::kRan || record.state == RunState::kCancelled) {
    return std::nullopt;
  }
  Alert alert =
      AlertAbout(instance, record.key.interval,
                 record.state == RunState::kFailed ? AlertCause::kFailed : AlertCause::kWarned);
  alert.run = record.key.id();
  alert.attempt = record.attempt;
  alert.error = record.error;
  std::ranges::copy_if(record.checks, std::back_inserter(alert.checks),
                       [](const CheckRecord& check) { return check.outcome != "passed"; });
  const bool went_well = record.state == RunState::kSucceeded && alert.checks.empty();
  return went_well ? std::nullopt : std::optional(std::move(alert));
}

std::optional<Alert> OverdueOf(const std::vector<JobInstance>& instances, std::size_t instance,
                               const PlanFacts& facts, const Plan& plan) {
  const JobInstance& self = instances[instance];
  const project::Job& job = *self.job;
  if (job.alerts.empty() || !job.wait || !HasIntervals(job)) {
    return std::nullopt;
  }
  const Interval interval = self.schedule.Previous(self.schedule.At(facts.now - job.wait->count()));
  const bool is_planned = std::ranges::any_of(plan.runs, [&](const PlannedRun& run) {
    return run.instance == instance && run.interval == interval;
  });
  if (is_planned || !IsWithin(self, interval) ||
      FindRun(facts.runs[instance].succeeded, interval) != nullptr) {
    return std::nullopt;
  }
  Alert alert = AlertAbout(self, interval, AlertCause::kOverdue);
  alert.error = fmt::format("{} have passed since its end; {}", DurationText(*job.wait),
                            WaitsFor(plan, instance));
  return alert;
}

}  // namespace weir::jobs
