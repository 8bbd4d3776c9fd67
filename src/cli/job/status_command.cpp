#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "jobs/plan/done_runs.h"

namespace weir::cli {
namespace {

// How one instance stands.
struct Standing {
  const jobs::JobInstance* instance = nullptr;
  std::size_t done = 0;
  std::size_t to_run = 0;
  std::size_t failed = 0;
  std::size_t stale = 0;
  std::string newest;     // the newest interval that is done
  std::string waits_for;  // why there is no later one
};

// Of a stream that was none before, its newest batch: intervals are behind the batches.
std::string NewestOf(const jobs::JobInstance& instance, const std::vector<jobs::RunRecord>& done) {
  const auto newest = std::ranges::find_if(std::views::reverse(done), [&](const auto& run) {
    return !instance.job->is_stream || jobs::IsBatch(run.key.interval);
  });
  return newest == done.rend() ? "" : instance.Label(newest->key.interval);
}

// Whether an interval of an instance won't run by itself and a newer one is done, or will be.
bool IsPassedOver(const jobs::NotPlanned& waiting, const jobs::PlanFacts& facts,
                  const jobs::Plan& plan) {
  if (!waiting.interval || (!waiting.is_left_out && !waiting.is_past)) {
    return false;
  }
  const auto& done = facts.runs[waiting.instance].succeeded;
  return (!done.empty() && done.back().key.interval > *waiting.interval) ||
         std::ranges::any_of(plan.runs, [&](const jobs::PlannedRun& run) {
           return run.instance == waiting.instance && run.interval > *waiting.interval;
         });
}

std::string WaitsFor(std::size_t instance, const jobs::PlanFacts& facts, const jobs::Plan& plan) {
  std::string why;
  for (const jobs::NotPlanned& waiting : plan.waiting) {
    if (waiting.instance == instance && !IsPassedOver(waiting, facts, plan)) {
      why = waiting.why;
    }
  }
  return why;
}

std::vector<Standing> Standings(const Workspace& workspace, const jobs::PlanFacts& facts,
                                const jobs::Plan& plan, const std::set<std::size_t>& selected) {
  std::vector<Standing> standings;
  for (const std::size_t i : selected) {
    const jobs::JobInstance& instance = workspace.instances()[i];
    Standing standing{.instance = &instance, .newest = {}, .waits_for = {}};
    const auto& done = facts.runs[i].succeeded;
    standing.done = done.size();
    standing.newest = NewestOf(instance, done);
    for (const jobs::PlannedRun& run : plan.runs) {
      standing.to_run += run.instance == i ? 1 : 0;
      const bool failed = run.cause == jobs::Cause::kFailed || run.cause == jobs::Cause::kCrashed;
      standing.failed += run.instance == i && (failed || run.failed_before) ? 1 : 0;
    }
    for (const jobs::PlannedRun& run : plan.stale) {
      standing.stale += run.instance == i ? 1 : 0;
      standing.failed += run.instance == i && run.failed_before ? 1 : 0;
    }
    standing.waits_for = WaitsFor(i, facts, plan);
    standings.push_back(std::move(standing));
  }
  return standings;
}

Json StandingJson(const Standing& standing) {
  return {{"job", standing.instance->job->name},
          {"partition", standing.instance->partition},
          {"done", standing.done},
          {"newest", standing.newest},
          {"to_run", standing.to_run},
          {"failed", standing.failed},
          {"stale", standing.stale},
          {"waits_for", standing.waits_for}};
}

void PrintStatus(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  const auto selected =
      workspace.Select(arguments.Texts("JOB"), arguments.OptionalText("--partition"));
  const jobs::PlanOptions options{.instances = selected};
  const jobs::PlanFacts facts = workspace.Facts(options);
  const jobs::Plan plan = jobs::MakePlan(workspace.instances(), facts, options);
  const std::vector<Standing> standings = Standings(workspace, facts, plan, selected);
  if (services.options().json) {
    Json list = Json::array();
    for (const Standing& standing : standings) {
      list.push_back(StandingJson(standing));
    }
    PrintJson(services.out(), {{"jobs", list}});
    return;
  }
  TextTable table({"job", ">done", "newest", ">to run", ">failed", ">stale", "then"});
  for (const Standing& standing : standings) {
    table.Add({standing.instance->name(), fmt::format("{}", standing.done), standing.newest,
               fmt::format("{}", standing.to_run), fmt::format("{}", standing.failed),
               fmt::format("{}", standing.stale), standing.waits_for});
  }
  services.out() << table.Text();
}

}  // namespace

Command StatusCommand() {
  return {
      .name = "status",
      .group = "Jobs",
      .summary = "Show how far each job has come, what is to do, and what it waits for.",
      .examples = "weir status\nweir status domain:sales --json",
      .parameters = {{.name = "JOB",
                      .help = "jobs, as in 'weir run'; all without any",
                      .many = true},
                     {.name = "--partition",
                      .value = "NAME=VALUE",
                      .help = "only one partition, such as region=amer"}},
      .run = PrintStatus,
  };
}

}  // namespace weir::cli
