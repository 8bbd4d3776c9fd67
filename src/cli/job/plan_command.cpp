#include <algorithm>
#include <sstream>

#include "cli/commands.h"
#include "cli/job/plan_memo.h"
#include "cli/job/plan_text.h"
#include "cli/job/workspace.h"

namespace weir::cli {
namespace {

// All that stood on the command line.
std::string QuestionOf(const Arguments& arguments, const Services& services) {
  std::string question = services.options().json ? "json" : "text";
  for (const Parameter& parameter : SelectionParameters()) {
    question += "\n" + parameter.name;
    for (const std::string& value : arguments.Texts(parameter.name)) {
      question += "\n  " + value;
    }
    question += arguments.Has(parameter.name) ? " +" : "";
  }
  return question;
}

void PrintPlan(const Arguments& arguments, Services& services) {
  PlanMemo memo(services, QuestionOf(arguments, services));
  if (const auto text = memo.Find()) {
    services.out() << *text;
    return;
  }
  Workspace workspace(services);
  jobs::PlanOptions options{
      .instances = workspace.Select(arguments.Texts("JOB"), arguments.OptionalText("--partition"))};
  options.stale = arguments.Has("--stale");
  options.only = DaysAskedFor(arguments);
  options.manual = arguments.Has("JOB");
  memo.LookAtSources(workspace.instances());
  const jobs::PlanFacts facts = workspace.Facts(options);
  const jobs::Plan plan = jobs::MakePlan(workspace.instances(), facts, options);
  std::ostringstream text;
  if (services.options().json) {
    PrintJson(text, PlanJson(workspace.instances(), plan));
  } else {
    text << PlanText(workspace.instances(), plan, facts);
  }
  services.out() << text.str();
  RequireNoRefusal(workspace.instances(), plan.waiting);
  const bool has_problems = std::ranges::any_of(
      facts.sources, [](const auto& source) { return source && !source->problem.empty(); });
  if (facts.warnings.empty() && !has_problems) {  // they are told each time
    memo.Keep(workspace.instances(), facts, text.str());
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
