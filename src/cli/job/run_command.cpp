#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/job/alerting_observer.h"
#include "cli/job/plan_text.h"
#include "cli/job/run_observer.h"
#include "cli/job/workspace.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "jobs/plan/stream_ends.h"
#include "jobs/run/compact_days.h"
#include "jobs/run/drop_old_days.h"
#include "jobs/run/put_off_runs.h"
#include "jobs/steps/retry.h"

namespace weir::cli {
namespace {

using jobs::RunPlanSummary;

constexpr Micros kPoll = std::int64_t{60} * 1'000'000;

std::size_t CountOf(const RunPlanSummary& summary, jobs::RunEnd end) {
  return static_cast<std::size_t>(std::ranges::count_if(
      summary.ends, [&](const auto& place_and_end) { return place_and_end.second == end; }));
}

// Counts what is not done by how it ended at last.
void CountEnds(RunPlanSummary& whole) {
  whole.failed = CountOf(whole, jobs::RunEnd::kFailed);
  whole.skipped = CountOf(whole, jobs::RunEnd::kSkipped);
  whole.held = CountOf(whole, jobs::RunEnd::kHeld);
}

// What a later round did takes the place of what an earlier one failed to do.
void Add(const RunPlanSummary& round, RunPlanSummary& whole) {
  whole.succeeded += round.succeeded;
  whole.unneeded += round.unneeded;
  for (const auto& [place, end] : round.ends) {
    whole.ends[place] = end;
  }
  CountEnds(whole);
  for (const jobs::RunRecord& record : round.records) {
    std::erase_if(whole.records, [&](const jobs::RunRecord& before) {
      return before.state != jobs::RunState::kSucceeded && before.key.job == record.key.job &&
             before.key.partition == record.key.partition &&
             before.key.interval == record.key.interval;
    });
    whole.failed_outside.erase(record.key.id());
    whole.records.push_back(record);
  }
  whole.failed_outside.insert(round.failed_outside.begin(), round.failed_outside.end());
  for (const auto& [name, rows] : round.shown) {
    whole.shown[name] = rows;
  }
}

// What another process was at, or what waited for that, may be done by now: then no plan has it.
// Returns whether that is so of anything.
bool SettleHeld(const jobs::Plan& plan, RunPlanSummary& whole) {
  const std::size_t held_before = whole.held;
  for (auto& [place, end] : whole.ends) {
    const bool is_open = std::ranges::any_of(plan.runs, [&](const jobs::PlannedRun& run) {
      return std::pair(run.instance, run.interval) == place;
    });
    if (!is_open && (end == jobs::RunEnd::kHeld || end == jobs::RunEnd::kSkipped)) {
      end = jobs::RunEnd::kDone;
    }
  }
  CountEnds(whole);
  return whole.held < held_before;
}

// Whether effects outside are done: where the environment says so or --send is given, or with
// --send alone.
enum class Sending : std::uint8_t { kAsEnvironment, kIfAsked };

// Runs plans until there is nothing new to do: what one round has made may be what the next needs.
class Rounds {
 public:
  // `put_off`: others come after these (--follow), and it knows what failed in earlier ones.
  Rounds(const Arguments& arguments, Workspace& workspace, jobs::PlanOptions options,
         Sending sending, jobs::PutOffRuns* put_off = nullptr)
      : workspace_(workspace),
        options_(std::move(options)),
        observer_(MakeRunObserver(workspace.services()), workspace),
        parallel_(static_cast<int>(arguments.Integer("--parallel", 1).value_or(1))),
        is_asked_to_send_(arguments.Has("--send")),
        sending_(sending),
        put_off_(put_off) {}

  RunPlanSummary Run() {
    RunPlanSummary whole;
    bool stays_undone = false;  // the round before has done nothing that this one could go on with
    for (;;) {
      jobs::PlanFacts facts = workspace_.Facts(options_);
      facts.follows = put_off_ != nullptr;
      ends_.Limit(options_.instances, facts);
      whole.problems = ProblemsOf(facts);
      jobs::Plan plan = MakePlan(facts);
      waiting_ = waiting_.empty() ? plan.waiting : waiting_;
      if (!options_.force && whole.held > 0 && SettleHeld(plan, whole)) {
        MayRunNow(whole);
        stays_undone = false;
      }
      plan = NewRuns(std::move(plan), stays_undone);
      if (plan.runs.empty()) {
        PackClosedDays(facts);
        DropDaysPastKeeping(facts);
        return whole;
      }
      observer_.OnPlan(workspace_.instances(), plan);
      jobs::RunServices services = workspace_.Runs(is_asked_to_send_);
      services.send = sending_ == Sending::kAsEnvironment ? services.send : is_asked_to_send_;
      const RunPlanSummary round = jobs::RunPlan(plan, facts, services, parallel_, observer_);
      Add(round, whole);
      if (put_off_ != nullptr) {
        put_off_->Note(round, Now());
      }
      if (workspace_.services().stop().stop_requested()) {
        throw CancelledError();
      }
      if (options_.force || (round.succeeded == 0 && round.held == 0)) {
        return whole;
      }
      stays_undone = round.succeeded == 0;
    }
  }

  // What isn't in the first plan, and why.
  const std::vector<jobs::NotPlanned>& waiting() const { return waiting_; }

 private:
  // Of the streams that are to run.
  std::map<std::string, std::string> ProblemsOf(const jobs::PlanFacts& facts) const {
    std::map<std::string, std::string> problems;
    for (const std::size_t i : options_.instances) {
      const auto& source = facts.sources[i];
      if (source && !source->problem.empty()) {
        problems[workspace_.instances()[i].name()] = source->problem;
      }
    }
    return problems;
  }

  jobs::Plan MakePlan(const jobs::PlanFacts& facts) {
    jobs::Plan plan = jobs::MakePlan(workspace_.instances(), facts, options_);
    if (!options_.only) {
      observer_.TellOverdue(options_.instances, facts, plan);
    }
    if (put_off_ != nullptr) {
      plan = put_off_->Rest(std::move(plan), Now());
    }
    return plan;
  }

  // What was skipped as another process was at what it needs.
  void MayRunNow(const RunPlanSummary& whole) {
    for (const auto& [place, end] : whole.ends) {
      if (end == jobs::RunEnd::kSkipped) {
        tried_.erase(place);
      }
    }
  }

  // A plan of nothing but what this process has tried already is no plan.
  jobs::Plan NewRuns(jobs::Plan plan, bool stays_undone) {
    bool is_new = false;
    for (const jobs::PlannedRun& run : plan.runs) {
      is_new = tried_.insert({run.instance, run.interval}).second || is_new;
    }
    if (!is_new || stays_undone) {
      plan.runs.clear();
    }
    return plan;
  }

  // Nothing is left to read: the small files of the days that are closed now are put together.
  void PackClosedDays(const jobs::PlanFacts& facts) {
    for (const jobs::CompactedTable& table : jobs::CompactClosedDays(
             workspace_.instances(), options_.instances, facts, workspace_.lakes().own())) {
      LogInfo("{}: {} files of closed days are {} now", table.table, table.files_removed,
              table.files_added);
    }
  }

  void DropDaysPastKeeping(const jobs::PlanFacts& facts) {
    for (const jobs::ShortenedTable& table : jobs::DropOldDays(
             workspace_.instances(), options_.instances, facts, workspace_.lakes().own())) {
      LogInfo("{}: {} files of days past keeping are gone", table.table, table.files_removed);
    }
  }

  Workspace& workspace_;
  jobs::PlanOptions options_;
  AlertingObserver observer_;
  jobs::StreamEnds ends_;
  int parallel_;
  bool is_asked_to_send_;
  Sending sending_;
  jobs::PutOffRuns* put_off_;
  std::set<std::pair<std::size_t, jobs::Interval>> tried_;
  std::vector<jobs::NotPlanned> waiting_;
};

Json SummaryJson(const RunPlanSummary& summary) {
  return {{"event", "summary"},       {"succeeded", summary.succeeded},
          {"failed", summary.failed}, {"skipped", summary.skipped},
          {"held", summary.held},     {"unneeded", summary.unneeded}};
}

// Time and rows by step, over all runs of each job.
std::string StepsText(const RunPlanSummary& summary) {
  std::map<std::pair<std::string, std::string>, jobs::StepRecord> steps;
  for (const jobs::RunRecord& record : summary.records) {
    for (const jobs::StepRecord& step : record.steps) {
      jobs::StepRecord& sum = steps[{record.key.job, step.name}];
      sum.rows = step.rows < 0 || sum.rows < 0 ? -1 : sum.rows + step.rows;
      sum.seconds += step.seconds;
    }
  }
  TextTable table({"job", "step", ">rows", ">seconds"});
  for (const auto& [name, step] : steps) {
    table.Add({name.first, name.second, step.rows < 0 ? "streamed" : FormatCount(step.rows),
               fmt::format("{:.2f}", step.seconds)});
  }
  return steps.empty() ? "" : table.Text() + "\n";
}

std::string ShownText(const connectors::ShownRows& shown) {
  TextTable table(shown.headings);
  for (const std::vector<std::string>& row : shown.rows) {
    table.Add(row);
  }
  const std::string more =
      shown.more > 0 ? fmt::format("and {} more\n", FormatCount(shown.more)) : std::string();
  return fmt::format("\n{}\n{}{}", shown.title, table.Text(), more);
}

void ThrowFirstFailure(const RunPlanSummary& summary) {
  const auto record =
      std::ranges::find(summary.records, jobs::RunState::kFailed, &jobs::RunRecord::state);
  if (summary.failed == 0 || record == summary.records.end()) {
    return;
  }
  const std::string text =
      fmt::format("{} of {} runs failed; the first: {}: {}", summary.failed,
                  summary.failed + summary.succeeded, record->key.id(), record->error);
  if (summary.failed_outside.contains(record->key.id())) {
    throw ExternalError("{}", text);
  }
  throw UserError("{}", text);
}

void Report(Workspace& workspace, const RunPlanSummary& summary,
            const std::vector<jobs::NotPlanned>& waiting) {
  Services& services = workspace.services();
  if (services.options().json) {
    services.out() << SummaryJson(summary).dump() << "\n";
  } else if (summary.succeeded + summary.failed + summary.held + summary.skipped == 0) {
    services.out() << (summary.problems.empty()
                           ? NothingText("nothing to do", workspace.instances(), waiting)
                           : "nothing to do of what could be reached\n");
  } else {
    services.out() << StepsText(summary)
                   << fmt::format("{} succeeded, {} failed, {} skipped{}\n", summary.succeeded,
                                  summary.failed, summary.skipped,
                                  summary.held == 0 ? "" : fmt::format(", {} held", summary.held));
    for (const auto& [name, shown] : summary.shown) {
      services.out() << ShownText(shown);
    }
  }
  ThrowFirstFailure(summary);
  for (const jobs::RunRecord& record : summary.records) {
    if (record.state == jobs::RunState::kSucceeded && !record.error.empty()) {  // of a stream
      throw ExternalError("{} is committed, but what it sends has not arrived: {}", record.key.id(),
                          record.error);
    }
  }
  if (!summary.problems.empty()) {
    const auto& [name, problem] = *summary.problems.begin();
    throw ExternalError("{} has to wait: {}", name, problem);
  }
  if (summary.held > 0) {
    throw ExternalError(
        "{}", summary.held == 1 ? "1 run is held by another process"
                                : fmt::format("{} runs are held by other processes", summary.held));
  }
}

jobs::PlanOptions OptionsOf(const Arguments& arguments, const Workspace& workspace) {
  jobs::PlanOptions options{
      .instances = workspace.Select(arguments.Texts("JOB"), arguments.OptionalText("--partition"))};
  options.stale = arguments.Has("--stale");
  options.only = DaysAskedFor(arguments);
  options.manual = arguments.Has("JOB");
  return options;
}

// Tells of each job that doesn't run until people do something, once.
void TellNewOnes(const std::set<std::string>& refusals, const std::set<std::string>& told) {
  for (const std::string& refusal : refusals) {
    if (!told.contains(refusal)) {
      LogWarning("{}", refusal);
    }
  }
}

// Runs what is due, again and again: streams as their input grows, other jobs once theirs is
// complete. Ends when it is told to stop, with a UserError if there are jobs then that are refused.
void Follow(const Arguments& arguments, Workspace& workspace, const jobs::PlanOptions& options) {
  Services& services = workspace.services();
  const auto text = arguments.OptionalText("--poll");
  const Micros poll = text ? ParseDuration("--poll", *text) : kPoll;
  jobs::PutOffRuns put_off(poll);
  std::set<std::string> refused;
  for (;;) {
    RunPlanSummary summary;
    try {
      Rounds rounds(arguments, workspace, options, Sending::kAsEnvironment, &put_off);
      summary = rounds.Run();
      const std::set<std::string> now = RefusalsOf(workspace.instances(), rounds.waiting());
      TellNewOnes(now, refused);
      refused = now;
    } catch (const ExternalError& problem) {
      LogWarning("{}; trying again", problem.what());
    } catch (const CancelledError&) {
      RequireNone(refused);
      throw;
    }
    const bool did_something = summary.succeeded + summary.failed + summary.held > 0;
    if (did_something && services.options().json) {
      services.out() << SummaryJson(summary).dump() << "\n" << std::flush;
    }
    jobs::SleepUnlessStopped(std::chrono::milliseconds(poll / 1000), services.stop());
    if (services.stop().stop_requested()) {
      RequireNone(refused);
      throw CancelledError();
    }
  }
}

void RunOrShow(const Arguments& arguments, Workspace& workspace, const jobs::PlanOptions& options,
               Sending sending) {
  if (arguments.Has("--dry-run")) {
    const jobs::PlanFacts facts = workspace.Facts(options);
    const jobs::Plan plan = jobs::MakePlan(workspace.instances(), facts, options);
    Services& services = workspace.services();
    if (services.options().json) {
      PrintJson(services.out(), PlanJson(workspace.instances(), plan));
    } else {
      services.out() << PlanText(workspace.instances(), plan, facts);
    }
    RequireNoRefusal(workspace.instances(), plan.waiting);
    return;
  }
  if (arguments.Has("--follow")) {
    Follow(arguments, workspace, options);
    return;
  }
  Rounds rounds(arguments, workspace, options, sending);
  const RunPlanSummary summary = rounds.Run();
  const bool did_nothing = summary.succeeded + summary.failed + summary.held == 0;
  if (options.force && did_nothing && summary.problems.empty()) {
    RequireNoRefusal(workspace.instances(), rounds.waiting());
    std::string why = NothingText("nothing was run", workspace.instances(), rounds.waiting()) +
                      WaitingText(workspace.instances(), rounds.waiting()) +
                      LeftOutText(workspace.instances(), rounds.waiting());
    why.pop_back();
    if (workspace.services().options().json) {
      workspace.services().out() << SummaryJson(summary).dump() << "\n";
    }
    throw UserError("{}", why);
  }
  Report(workspace, summary, rounds.waiting());
  RequireNoRefusal(workspace.instances(), rounds.waiting());
}

// Services that a selection names are none of its runs.
void TellServices(const Arguments& arguments, const Workspace& workspace,
                  const jobs::PlanOptions& options) {
  std::set<std::string> services;
  for (const std::size_t i : options.instances) {
    const project::Job& job = *workspace.instances()[i].job;
    if (job.is_service && arguments.Has("JOB")) {
      services.insert(job.name);
    }
  }
  for (const std::string& name : services) {
    LogInfo("{} is a service: 'weir serve {}' runs it", name, name);
  }
}

void RunJobs(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  jobs::PlanOptions options = OptionsOf(arguments, workspace);
  TellServices(arguments, workspace, options);
  options.force = arguments.Has("--full");
  if (arguments.Has("--follow") && (options.force || options.only || arguments.Has("--dry-run"))) {
    throw UsageError("--follow goes with a selection of jobs, not with days, --full or --dry-run");
  }
  if (arguments.Has("--poll") && !arguments.Has("--follow")) {
    throw UsageError("--poll needs --follow");
  }
  if (options.force && !options.only && !arguments.Has("JOB")) {
    throw UsageError("--full runs what is done again: name the jobs, or the days (--on, --from)");
  }
  RunOrShow(arguments, workspace, options, Sending::kAsEnvironment);
}

void Backfill(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  jobs::PlanOptions options = OptionsOf(arguments, workspace);
  options.force = true;
  if (!options.only) {
    throw UsageError("'weir backfill' needs the days: --on DAY, or --from DAY --to DAY");
  }
  RunOrShow(arguments, workspace, options, Sending::kIfAsked);
}

std::vector<Parameter> RunParameters() {
  std::vector<Parameter> parameters = SelectionParameters();
  parameters.push_back(
      {.name = "--parallel", .value = "N", .help = "runs side by side (default: 1)"});
  parameters.push_back({.name = "--dry-run", .help = "only say what would be run"});
  parameters.push_back(
      {.name = "--send", .help = "let effects reach outside (uploads, publications, mail)"});
  return parameters;
}

}  // namespace

Command RunCommand() {
  std::vector<Parameter> parameters = RunParameters();
  parameters.push_back({.name = "--full", .help = "run intervals again that are done"});
  parameters.push_back(
      {.name = "--follow",
       .help = "go on: streams batch by batch, other jobs when they are due; until stopped"});
  parameters.push_back(
      {.name = "--poll",
       .value = "TIME",
       .help = "with --follow: how often to look for something new (default: 60s)"});
  return {
      .name = "run",
      .group = "Jobs",
      .summary = "Run every interval that is missing, failed, or stale within `late`.",
      .examples =
          "weir run\nweir run +daily_report --parallel 2\nweir run orders --on 2026-01-05 --full",
      .parameters = std::move(parameters),
      .run = RunJobs,
  };
}

Command BackfillCommand() {
  return {
      .name = "backfill",
      .group = "Jobs",
      .summary = "Run intervals of some days again, with all that follows from them in their jobs.",
      .examples = "weir backfill orders --from 2026-01-05 --to 2026-01-07",
      .parameters = RunParameters(),
      .run = Backfill,
  };
}

}  // namespace weir::cli
