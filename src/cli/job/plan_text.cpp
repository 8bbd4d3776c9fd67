#include "cli/job/plan_text.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "jobs/plan/interval_json.h"

namespace weir::cli {
namespace {

using jobs::JobInstance;
using jobs::PlannedRun;

Json RunJson(const JobInstance& instance, const PlannedRun& run) {
  Json json = {{"job", instance.job->name}, {"partition", instance.partition}};
  json.update(jobs::IntervalJson(run.interval));
  json.update({{"why", run.why}, {"rows", nullptr}, {"seconds", nullptr}});
  if (run.rows) {
    json["rows"] = *run.rows;
  }
  if (run.seconds) {
    json["seconds"] = *run.seconds;
  }
  return json;
}

Json RunsJson(const std::vector<JobInstance>& instances, const std::vector<PlannedRun>& runs) {
  Json list = Json::array();
  for (const PlannedRun& run : runs) {
    list.push_back(RunJson(instances[run.instance], run));
  }
  return list;
}

std::string SecondsText(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.1f}", *seconds) : "?";
}

std::string RunsText(const std::vector<JobInstance>& instances,
                     const std::vector<PlannedRun>& runs) {
  TextTable table({"job", "interval", "why", ">rows", ">seconds"});
  for (const PlannedRun& run : runs) {
    const JobInstance& instance = instances[run.instance];
    const std::string label = run.cause == jobs::Cause::kStream
                                  ? "batch " + std::to_string(run.interval.start)
                                  : instance.Label(run.interval);
    table.Add({instance.name(), label, run.why + (run.chain ? " (chain)" : ""),
               run.rows ? FormatCount(*run.rows) : "?", SecondsText(run.seconds)});
  }
  return table.Text();
}

std::string CostText(const std::vector<PlannedRun>& runs) {
  double seconds = 0;
  std::size_t unknown = 0;
  for (const PlannedRun& run : runs) {
    seconds += run.seconds.value_or(0);
    unknown += run.seconds ? 0 : 1;
  }
  const std::string rest =
      unknown == 0 ? "" : fmt::format("; {} of them with no earlier run to go by", unknown);
  return fmt::format("{} {}, about {:.1f} s of work{}", runs.size(),
                     runs.size() == 1 ? "run" : "runs", seconds, rest);
}

}  // namespace

Json PlanJson(const std::vector<JobInstance>& instances, const jobs::Plan& plan) {
  return {{"runs", RunsJson(instances, plan.runs)}, {"stale", RunsJson(instances, plan.stale)}};
}

std::string NothingText(const std::string& nothing, const std::vector<JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting) {
  std::string reasons;
  bool all_wait = !waiting.empty();
  bool some_wait = std::ranges::any_of(waiting, &jobs::NotPlanned::refused);
  for (const jobs::NotPlanned& not_planned : waiting) {
    const bool is_told = not_planned.has_none || not_planned.is_behind;
    all_wait = all_wait && (is_told || not_planned.interval);
    some_wait = some_wait || not_planned.is_behind ||
                (not_planned.interval && !not_planned.is_past && !not_planned.is_left_out);
    if (is_told) {
      const JobInstance& instance = instances[not_planned.instance];
      const std::string first = not_planned.first ? fmt::format("its first interval is {}: ",
                                                                instance.Label(*not_planned.first))
                                                  : "";
      reasons += fmt::format("  {}: {}{}\n", instance.name(), first, not_planned.why);
    }
  }
  const bool some_left_out = std::ranges::any_of(waiting, &jobs::NotPlanned::is_left_out);
  const std::string why = some_wait       ? ": what is due is done, or waits\n"
                          : some_left_out ? ": what is due is done, or was left out\n"
                                          : ": every interval that is due is done\n";
  return nothing + (all_wait && !reasons.empty() ? ":\n" : why) + reasons;
}

std::string WaitingText(const std::vector<JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting) {
  std::string text;
  for (const jobs::NotPlanned& not_planned : waiting) {
    if (not_planned.interval && !not_planned.is_left_out) {
      text += fmt::format("  {} {}: {}\n", instances[not_planned.instance].name(),
                          instances[not_planned.instance].Label(*not_planned.interval),
                          not_planned.why);
    }
  }
  return text;
}

std::string LeftOutText(const std::vector<JobInstance>& instances,
                        const std::vector<jobs::NotPlanned>& waiting) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;  // and whose
  for (const jobs::NotPlanned& not_planned : waiting) {
    if (!not_planned.is_left_out) {
      continue;
    }
    auto reason = std::ranges::find(reasons, not_planned.why,
                                    &std::pair<std::string, std::vector<std::string>>::first);
    if (reason == reasons.end()) {
      reason = reasons.insert(reason, {not_planned.why, {}});
    }
    const std::string name = instances[not_planned.instance].name();
    if (std::ranges::find(reason->second, name) == reason->second.end()) {
      reason->second.push_back(name);
    }
  }
  std::string text;
  for (const auto& [why, names] : reasons) {
    text += fmt::format("  {}: {}\n", fmt::join(names, ", "), why);
  }
  return text;
}

std::set<std::string> RefusalsOf(const std::vector<JobInstance>& instances,
                                 const std::vector<jobs::NotPlanned>& waiting) {
  std::set<std::string> refusals;
  for (const jobs::NotPlanned& not_planned : waiting) {
    if (not_planned.refused) {
      refusals.insert(
          fmt::format("{}: {}", instances[not_planned.instance].name(), not_planned.why));
    }
  }
  return refusals;
}

void RequireNone(const std::set<std::string>& refusals) {
  if (!refusals.empty()) {
    throw UserError("{}", fmt::join(refusals, "\n"));
  }
}

void RequireNoRefusal(const std::vector<JobInstance>& instances,
                      const std::vector<jobs::NotPlanned>& waiting) {
  RequireNone(RefusalsOf(instances, waiting));
}

std::string PlanText(const std::vector<JobInstance>& instances, const jobs::Plan& plan,
                     const jobs::PlanFacts& facts) {
  const bool has_problem = std::ranges::any_of(
      facts.sources, [](const auto& source) { return source && !source->problem.empty(); });
  std::string text;
  if (plan.runs.empty() && has_problem) {
    text = "nothing to run of what could be reached\n";
  } else if (plan.runs.empty()) {
    text = NothingText("nothing to run", instances, plan.waiting);
  } else {
    text = fmt::format("{}\n{}\n", RunsText(instances, plan.runs), CostText(plan.runs));
  }
  if (!plan.stale.empty()) {
    text += fmt::format("\nOut of date, run again with --stale only:\n{}\n{}\n",
                        RunsText(instances, plan.stale), CostText(plan.stale));
  }
  const std::string waiting = WaitingText(instances, plan.waiting);
  text += waiting.empty() ? "" : "\nNot now:\n" + waiting;
  const std::string left_out = LeftOutText(instances, plan.waiting);
  return left_out.empty() ? text : text + "\nLeft out:\n" + left_out;
}

}  // namespace weir::cli
