#include "cli/forget/taken_back.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/run_id.h"
#include "jobs/run/run_values.h"
#include "jobs/steps/step_runner.h"

namespace weir::cli {
namespace {

jobs::StepSettings SettingsOf(const Workspace& workspace, const jobs::JobInstance& instance) {
  const std::filesystem::path& folder = workspace.project().folder;
  return {.values = jobs::RunValues(instance, instance.schedule.At(Now())),
          .project_folder = folder,
          .work_folder = folder / ".weir" / "work" / "forget",
          .run_id = NewRunId()};
}

}  // namespace

std::vector<TakenBackFrom> TakeBackPeople(Workspace& workspace, const ScratchIds& ids) {
  std::vector<TakenBackFrom> taken;
  if (!workspace.project().environment.send) {
    return taken;
  }
  const std::string users = fmt::format("SELECT user_id FROM {}", ids.ids());
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const jobs::PendingEffect& effect :
         jobs::EffectsOf(*instance.job, workspace.steps().connectors)) {
      jobs::StepRunner runner(SettingsOf(workspace, instance), workspace.steps());
      const auto report = effect.external ? runner.TakeBack(*effect.step, users,
                                                            workspace.lakes().own().connection())
                                          : std::nullopt;
      if (report) {
        taken.push_back({.step = fmt::format("{}.{}", instance.name(), effect.step->name),
                         .told = report->identity,
                         .rows = report->rows});
      }
    }
  }
  return taken;
}

}  // namespace weir::cli
