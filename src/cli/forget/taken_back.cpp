#include "cli/forget/taken_back.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/run_id.h"
#include "jobs/run/run_values.h"
#include "jobs/steps/step_runner.h"

namespace weir::cli {
namespace {

jobs::StepSettings SettingsOf(const Workspace& workspace, const jobs::JobInstance& instance) {
  const project::Project& project = workspace.project();
  return {.values = jobs::RunValues(instance, instance.schedule.At(Now())),
          .project_folder = project.folder,
          .work_folder = project.ScratchFolder() / "work" / "forget",
          .run_id = NewRunId()};
}

struct SendingStep {
  const jobs::JobInstance* instance = nullptr;
  const project::Step* step = nullptr;

  std::string name() const { return fmt::format("{}.{}", instance->name(), step->name); }
};

std::vector<SendingStep> SendingSteps(const Workspace& workspace) {
  std::vector<SendingStep> steps;
  for (const jobs::JobInstance& instance : workspace.instances()) {
    for (const jobs::PendingEffect& effect :
         jobs::EffectsOf(*instance.job, workspace.steps().connectors)) {
      if (effect.external) {
        steps.push_back({.instance = &instance, .step = effect.step});
      }
    }
  }
  return steps;
}

// A SELECT of the people, as the step's other side knows them.
std::string UsersOf(const project::Step& step, const ScratchIds& ids) {
  const auto dsp = step.with.is_object() ? step.with.find("dsp") : step.with.end();
  return ids.UsersAt(dsp != step.with.end() && dsp->is_string() ? dsp->get<std::string>() : "");
}

// With the rows of the journals the last that knows of them would go.
void RefuseUntold(Workspace& workspace, const std::vector<SendingStep>& steps,
                  const ScratchIds& ids, bool sends) {
  std::string untold;
  for (const SendingStep& each : steps) {
    const jobs::StepRunner runner(SettingsOf(workspace, *each.instance), workspace.steps());
    const connectors::HeldPeople held =
        runner.Held(*each.step, UsersOf(*each.step, ids), workspace.lakes().own().connection());
    if (held.lines > 0 && (!sends || !held.why_untold.empty())) {
      untold += fmt::format(
          "{}{}: {} lines of the people, {}", untold.empty() ? "" : "; ", each.name(), held.lines,
          held.why_untold.empty() ? "nothing is sent in this environment: --send, or `send: true` "
                                    "in weir.yaml, allows it"
                                  : held.why_untold + ": put it back until they are forgotten");
    }
  }
  if (!untold.empty()) {
    throw UserError("destinations have the people and can't be told, so nothing is erased yet: {}",
                    untold);
  }
}

}  // namespace

std::vector<TakenBackFrom> TakeBackPeople(Workspace& workspace, const ScratchIds& ids, bool sends) {
  const std::vector<SendingStep> steps = SendingSteps(workspace);
  RefuseUntold(workspace, steps, ids, sends);
  std::vector<TakenBackFrom> taken;
  for (const SendingStep& each : steps) {
    if (!sends) {
      break;
    }
    jobs::StepRunner runner(SettingsOf(workspace, *each.instance), workspace.steps());
    const auto report =
        runner.TakeBack(*each.step, UsersOf(*each.step, ids), workspace.lakes().own().connection());
    if (report) {
      taken.push_back({.step = each.name(), .told = report->identity, .rows = report->rows});
    }
  }
  return taken;
}

}  // namespace weir::cli
