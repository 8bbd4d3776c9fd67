#include "cli/job/workspace.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "jobs/graph/resolve_views.h"
#include "jobs/graph/selection.h"
#include "jobs/graph/settings_check.h"
#include "jobs/steps/code_hash.h"

namespace weir::cli {
namespace {

// "region=eu, region=us"
std::string PartitionsText(const project::Project& project) {
  std::vector<std::string> known;
  for (const auto& [list, values] : project.partitions) {
    for (const std::string& value : values) {
      known.push_back(list + "=" + value);
    }
  }
  return known.empty() ? "there is none" : fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace

Workspace::Workspace(Services& services)
    : services_(services),
      operators_(operators::BuiltinOperators()),
      connectors_(connectors::BuiltinConnectors()),
      project_(project::LoadProject(services.project().folder,
                                    {.environment = services.options().environment,
                                     .operators = operators_.names(),
                                     .connectors = connectors_.names()})),
      secrets_(project_.secrets),
      connections_(project_.connections, secrets_),
      steps_{.database = services.database(),
             .operators = operators_,
             .connectors = connectors_,
             .connections = connections_},
      lakes_(std::make_unique<jobs::Lakes>(project_, services.database())) {
  secrets_.LoadAll();
  lakes_->own().connection().SetStopToken(services.stop());
  graph_ = jobs::BuildGraph(project_, lakes_->own().connection());
  if (!graph_.views.empty()) {
    resolved_ = jobs::ResolveViews(project_, graph_, lakes_->own().connection());
  }
  jobs::Findings findings;
  jobs::CheckConnections(project_, {.operators = operators_, .connectors = connectors_}, findings);
  findings.mistakes.ThrowIfAny(project_.folder);
  instances_ = jobs::MakeInstances(resolved_ ? *resolved_ : project_);
  ledger_ = std::make_unique<jobs::Ledger>(lakes_->own(), services.ledger_cache());
  if (lake::Warehouse* other = lakes_->other()) {
    other_ledger_ = std::make_unique<jobs::Ledger>(
        *other, services.ledger_cache().replace_filename(lakes_->other_name() + ".read.sqlite"));
  }
}

std::set<std::size_t> Workspace::Select(const std::vector<std::string>& words,
                                        const std::optional<std::string>& partition) const {
  std::set<std::string> names;
  for (const std::size_t job : jobs::SelectJobs(graph_, words)) {
    names.insert(graph_.job(job).name);
  }
  std::string list;
  std::string value;
  if (partition) {
    const auto equals = partition->find('=');
    list = partition->substr(0, equals);
    value = equals == std::string::npos ? "" : partition->substr(equals + 1);
    const auto known = project_.partitions.find(list);
    if (known == project_.partitions.end() ||
        std::ranges::find(known->second, value) == known->second.end()) {
      throw UsageError(
          "--partition '{}': expected NAME=VALUE of a list under 'partitions' of "
          "weir.yaml: {}",
          *partition, PartitionsText(project_));
    }
  }
  std::set<std::size_t> selected;
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    const jobs::JobInstance& instance = instances_[i];
    const bool in_partition =
        !partition || instance.job->per != list || instance.partition == value;
    if (names.contains(instance.job->name) && in_partition) {
      selected.insert(i);
    }
  }
  return selected;
}

const std::vector<std::string>& Workspace::CodeHashes() {
  if (code_hashes_.empty()) {
    for (const jobs::JobInstance& instance : instances_) {
      code_hashes_.push_back(
          jobs::CodeHash(*instance.job, {.operators = operators_,
                                         .connectors = connectors_,
                                         .connection = lakes_->own().connection(),
                                         .constants = instance.values,
                                         .root = project_.folder}));
    }
  }
  return code_hashes_;
}

jobs::PlanFacts Workspace::Facts(const jobs::PlanOptions& options) {
  std::set<std::size_t> to_run = options.instances;
  std::erase_if(to_run, [&](std::size_t i) {
    const project::Job& job = *instances_[i].job;
    const bool is_manual = job.schedule.cadence == project::Cadence::kManual && !job.is_stream;
    return job.is_service || (is_manual && !options.manual);
  });
  jobs::PlanFacts facts = jobs::GatherFacts({.project = project_,
                                             .instances = instances_,
                                             .lakes = *lakes_,
                                             .ledger = *ledger_,
                                             .other_ledger = other_ledger_.get(),
                                             .steps = steps_,
                                             .predicates = predicates_,
                                             .to_run = to_run,
                                             .takes_over = options.force},
                                            CodeHashes());
  for (const std::string& warning : facts.warnings) {
    if (warned_.insert(warning).second) {
      LogWarning("{}", warning);
    }
  }
  return facts;
}

jobs::PlanFacts Workspace::Facts() {
  jobs::PlanOptions all{.manual = true};
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    all.instances.insert(i);
  }
  return Facts(all);
}

jobs::RunServices Workspace::Runs(bool send) {
  return {.project = project_,
          .instances = instances_,
          .database = services_.database(),
          .ledger = *ledger_,
          .ledger_mutex = ledger_mutex_,
          .selector = selector_,
          .sound = sound_,
          .steps = steps_,
          .stop = services_.stop(),
          .send = send || project_.environment.send};
}

std::optional<jobs::AskedDays> DaysAskedFor(const Arguments& arguments) {
  const auto day = [&](const char* flag) {
    const auto text = arguments.OptionalText(flag);
    if (text && !ParseDate(*text)) {
      throw UsageError("{} '{}': expected a day such as 2026-01-05", flag, *text);
    }
    return text.value_or("");
  };
  const std::string on = day("--on");
  const jobs::AskedDays range{.first = day("--from"), .last = day("--to")};
  const bool is_range = !range.first.empty() || !range.last.empty();
  if (!on.empty() && is_range) {
    throw UsageError("--on and --from/--to exclude each other");
  }
  if (!on.empty()) {
    return jobs::AskedDays{.first = on, .last = on};
  }
  if (!range.last.empty() && range.last < range.first) {
    throw UsageError("--to is before --from");
  }
  return is_range ? std::optional(range) : std::nullopt;
}

std::vector<Parameter> SelectionParameters() {
  return {{.name = "JOB",
           .help = "jobs: names, globs, '+job' (and upstream), 'job+' (and downstream), 'tag:x', "
                   "'domain:x'; all without any",
           .many = true},
          {.name = "--on",
           .value = "DAY",
           .help = "only intervals whose last day, in their job's time zone, is this"},
          {.name = "--from", .value = "DAY", .help = "only intervals from this day on"},
          {.name = "--to", .value = "DAY", .help = "only intervals up to this day, inclusive"},
          {.name = "--partition",
           .value = "NAME=VALUE",
           .help = "only one partition, such as region=amer"},
          {.name = "--stale",
           .help = "also what is out of date for longer than `late`, or by changed code"}};
}

}  // namespace weir::cli
