#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/services.h"
#include "connectors/connector.h"
#include "connectors/secrets.h"
#include "jobs/graph/graph.h"
#include "jobs/ledger/ledger.h"
#include "jobs/plan/plan.h"
#include "jobs/run/gather_facts.h"
#include "jobs/run/run_plan.h"
#include "jobs/steps/step_settings.h"
#include "operators/operator.h"

namespace weir::cli {

// The project with its jobs, checked, and what planning and running them needs: for the commands
// about jobs. Secrets that are there are redacted from the start, whoever may tell them: a command
// inherits the variables that hold them.
class Workspace {
 public:
  explicit Workspace(Services& services);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  Services& services() { return services_; }
  const project::Project& project() const { return project_; }
  const jobs::Graph& graph() const { return graph_; }
  const std::vector<jobs::JobInstance>& instances() const { return instances_; }
  jobs::Ledger& ledger() { return *ledger_; }
  jobs::Lakes& lakes() { return *lakes_; }
  const jobs::StepServices& steps() const { return steps_; }

  // Instances that the words of a selection name (all without any), limited to a partition
  // "region=amer" if one is given. Throws UserError with the nearest name.
  std::set<std::size_t> Select(const std::vector<std::string>& words,
                               const std::optional<std::string>& partition) const;

  // Looks at the ledger, the tables and outside files, for a plan with these options; of what they
  // leave out, in the environment that is read from if its tables are there alone.
  jobs::PlanFacts Facts(const jobs::PlanOptions& options);
  // The same where everything may run.
  jobs::PlanFacts Facts();
  // What runs share; `send` allows effects outside.
  jobs::RunServices Runs(bool send);

 private:
  // What a change of makes an instance's intervals stale; computed once.
  const std::vector<std::string>& CodeHashes();

  Services& services_;
  operators::OperatorTable operators_;
  connectors::ConnectorTable connectors_;
  project::Project project_;
  std::optional<project::Project> resolved_;  // where there are views: instances_ point into it
  connectors::Secrets secrets_;
  connectors::Connections connections_;
  jobs::StepServices steps_;
  jobs::Graph graph_;
  std::vector<jobs::JobInstance> instances_;
  std::unique_ptr<jobs::Lakes> lakes_;
  std::unique_ptr<jobs::Ledger> ledger_;
  std::unique_ptr<jobs::Ledger> other_ledger_;  // of the environment that is read from, or null
  std::mutex ledger_mutex_;
  jobs::SharedSelector selector_;
  jobs::SoundSql sound_;
  jobs::WherePredicates predicates_;
  std::vector<std::string> code_hashes_;
  std::set<std::string> warned_;  // once each
};

// --on DAY, --from D --to D (both days inclusive); absent without them.
std::optional<jobs::AskedDays> DaysAskedFor(const Arguments& arguments);

// The parameters that DaysAskedFor() and Select() read.
std::vector<Parameter> SelectionParameters();

}  // namespace weir::cli
