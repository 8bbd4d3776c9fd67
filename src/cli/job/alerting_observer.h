#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "cli/job/workspace.h"
#include "jobs/alerts/alert_sender.h"
#include "jobs/run/run_plan.h"

namespace weir::cli {

// Tells another observer what happens, and those whom jobs name under `alerts` what went wrong.
// Messages are on their way until it goes.
class AlertingObserver final : public jobs::RunObserver {
 public:
  // `workspace` must outlive it.
  AlertingObserver(std::unique_ptr<jobs::RunObserver> inner, Workspace& workspace);

  void OnPlan(const std::vector<jobs::JobInstance>& instances, const jobs::Plan& plan) override;
  void OnStart(const jobs::JobInstance& instance, const jobs::PlannedRun& run) override;
  void OnEnd(const jobs::JobInstance& instance, const jobs::RunOutcome& outcome) override;
  void OnSkip(const jobs::JobInstance& instance, const jobs::PlannedRun& run,
              const std::string& why) override;
  void OnAlert(const jobs::AlertReport& report) override;

  // Sends what intervals of these instances are overdue, each once.
  void TellOverdue(const std::set<std::size_t>& instances, const jobs::PlanFacts& facts,
                   const jobs::Plan& plan);

 private:
  std::mutex mutex_;  // the sender reports from its own thread
  std::unique_ptr<jobs::RunObserver> inner_;
  Workspace& workspace_;
  std::set<std::string> told_;  // ids of overdue intervals
  jobs::AlertSender sender_;    // last: it uses the others
};

}  // namespace weir::cli
