#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/alerts/alert_sender.h"
#include "jobs/plan/plan.h"
#include "jobs/run/run_job.h"

namespace weir::jobs {

// Told of what happens, one call at a time, from any thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void OnPlan(const std::vector<JobInstance>& instances, const Plan& plan) = 0;
  virtual void OnStart(const JobInstance& instance, const PlannedRun& run) = 0;
  virtual void OnEnd(const JobInstance& instance, const RunOutcome& outcome) = 0;
  virtual void OnSkip(const JobInstance& instance, const PlannedRun& run,
                      const std::string& why) = 0;
  // Of a message to people about a run or an interval that is late.
  virtual void OnAlert(const AlertReport& report) = 0;
};

enum class RunEnd : std::uint8_t { kDone, kFailed, kSkipped, kHeld };

struct RunPlanSummary {
  std::size_t succeeded = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;   // because what they need failed
  std::size_t unneeded = 0;  // what they read turned out to be unchanged
  std::size_t held = 0;      // by other processes
  std::map<std::pair<std::size_t, Interval>, RunEnd> ends{};  // by instance and interval
  std::vector<RunRecord> records{};
  std::set<std::string> failed_outside{};  // ids of runs that what is outside let fail
  // What streams couldn't reach to look at their work, by the instance's name.
  std::map<std::string, std::string> problems{};
  // What was shown to people, by "job[partition].step": of the last run of each.
  std::map<std::string, connectors::ShownRows> shown{};
};

// Does the runs of a plan, up to `parallel` side by side, each once what it needs has succeeded and
// what it follows is over. A run that fails stops only those that need it. `facts` are those the
// plan was made from; they are brought up to date as runs end.
RunPlanSummary RunPlan(const Plan& plan, PlanFacts& facts, RunServices& services, int parallel,
                       RunObserver& observer);

// The change that a run's commit makes to a table that it writes.
Touch TouchOf(const JobInstance& instance, const project::Output& output, const Interval& interval,
              std::int64_t version);

}  // namespace weir::jobs
