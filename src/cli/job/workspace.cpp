#include "cli/job/workspace.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/graph/resolve_views.h"
#include "jobs/graph/selection.h"
#include "jobs/steps/code_hash.h"

namespace weir::cli {

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
  lakes_->own().connection().SetStopToken(services.stop());
  graph_ = jobs::BuildGraph(project_, lakes_->own().connection());
  if (!graph_.views.empty()) {
    resolved_ = jobs::ResolveViews(project_, graph_, lakes_->own().connection());
  }
  instances_ = jobs::MakeInstances(resolved_ ? *resolved_ : project_);
  ledger_ = std::make_unique<jobs::Ledger>(lakes_->own(), services.ledger_cache());
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
          "weir.yaml",
          *partition);
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

jobs::PlanFacts Workspace::Facts() {
  return jobs::GatherFacts({project_, instances_, *lakes_, *ledger_, steps_}, CodeHashes());
}

jobs::RunServices Workspace::Runs(bool send) {
  return {.project = project_,
          .instances = instances_,
          .database = services_.database(),
          .ledger = *ledger_,
          .ledger_mutex = ledger_mutex_,
          .selector = selector_,
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
