#include "cli/commands.h"
#include "cli/job/plan_text.h"
#include "cli/job/workspace.h"

namespace weir::cli {
namespace {

void PrintPlan(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  jobs::PlanOptions options{
      .instances = workspace.Select(arguments.Texts("JOB"), arguments.OptionalText("--partition"))};
  options.stale = arguments.Has("--stale");
  options.only = AskedInterval(arguments);
  options.manual = arguments.Has("JOB");
  const jobs::PlanFacts facts = workspace.Facts();
  const jobs::Plan plan = jobs::MakePlan(workspace.instances(), facts, options);
  if (services.options().json) {
    PrintJson(services.out(), PlanJson(workspace.instances(), plan));
  } else {
    services.out() << PlanText(workspace.instances(), plan);
  }
}

}  // namespace

Command PlanCommand() {
  return {
      .name = "plan",
      .group = "Jobs",
      .summary =
          "Say what 'weir run' would do now: what is missing, failed or stale, why, and what "
          "it will cost.",
      .examples = "weir plan\nweir plan +daily_report --json\nweir plan --stale",
      .parameters = SelectionParameters(),
      .run = PrintPlan,
  };
}

}  // namespace weir::cli
