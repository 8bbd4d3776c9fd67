#include "cli/forget/runs_under_way.h"

#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace weir::cli {

std::vector<std::string> RunsUnderWay(Workspace& workspace, const std::set<std::string>& tables) {
  std::set<std::string> jobs;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const project::Output& output : instance.writes) {
      if (tables.contains(output.table)) {
        jobs.insert(instance.job->name);
      }
    }
  }
  workspace.ledger().Refresh();
  std::vector<std::string> names;
  for (const jobs::RunRecord& run :
       workspace.ledger().List({.state = jobs::RunState::kRunning,
                                .limit = std::numeric_limits<std::int32_t>::max()})) {
    if (jobs.contains(run.key.job) && !jobs::Ledger::IsAbandoned(run)) {
      names.push_back(run.key.id());
    }
  }
  return names;
}

void RefuseRunsUnderWay(const std::vector<std::string>& runs, const std::string& command) {
  if (!runs.empty()) {
    throw ExternalError(
        "{} may have begun before the ids were on the list, and may still write rows of them: run "
        "'{}' again when it has ended",
        fmt::to_string(fmt::join(runs, ", ")), command);
  }
}

}  // namespace weir::cli
