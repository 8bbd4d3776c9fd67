#include "cli/job/alerting_observer.h"

#include <utility>

#include "jobs/alerts/alerts_of.h"

namespace weir::cli {

AlertingObserver::AlertingObserver(std::unique_ptr<jobs::RunObserver> inner, Workspace& workspace)
    : inner_(std::move(inner)),
      workspace_(workspace),
      sender_({.project = workspace.project(),
               .secrets = workspace.steps().connections.secrets(),
               .store = workspace.lakes().own().store(),
               .stop = workspace.services().stop(),
               .report = [this](const jobs::AlertReport& report) { OnAlert(report); }}) {}

void AlertingObserver::OnPlan(const std::vector<jobs::JobInstance>& instances,
                              const jobs::Plan& plan) {
  const std::lock_guard lock(mutex_);
  inner_->OnPlan(instances, plan);
}

void AlertingObserver::OnStart(const jobs::JobInstance& instance, const jobs::PlannedRun& run) {
  const std::lock_guard lock(mutex_);
  inner_->OnStart(instance, run);
}

void AlertingObserver::OnEnd(const jobs::JobInstance& instance, const jobs::RunOutcome& outcome) {
  {
    const std::lock_guard lock(mutex_);
    inner_->OnEnd(instance, outcome);
  }
  if (auto alert = jobs::AlertOf(instance, outcome)) {
    sender_.Send(*instance.job, *std::move(alert));
  }
}

void AlertingObserver::OnSkip(const jobs::JobInstance& instance, const jobs::PlannedRun& run,
                              const std::string& why) {
  const std::lock_guard lock(mutex_);
  inner_->OnSkip(instance, run, why);
}

void AlertingObserver::OnAlert(const jobs::AlertReport& report) {
  const std::lock_guard lock(mutex_);
  inner_->OnAlert(report);
}

void AlertingObserver::TellOverdue(const std::set<std::size_t>& instances,
                                   const jobs::PlanFacts& facts, const jobs::Plan& plan) {
  for (const std::size_t instance : instances) {
    auto alert = jobs::OverdueOf(workspace_.instances(), instance, facts, plan);
    if (alert && told_.insert(alert->id()).second) {
      sender_.Send(*workspace_.instances()[instance].job, *std::move(alert));
    }
  }
}

}  // namespace weir::cli
