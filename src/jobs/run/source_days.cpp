#include "jobs/run/source_days.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/hashing.h"
#include "connectors/files/file_list.h"
#include "jobs/run/stream_positions.h"
#include "jobs/steps/step_runner.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr auto kFiles = "files";
constexpr auto kDayMark = "{ds}";

// The path of a step that reads files, with all names filled in but "{ds}".
std::optional<std::string> SourcePath(const project::Step& step, const JobInstance& instance) {
  const bool reads_files = step.kind == project::StepKind::kConnector && step.what == kFiles &&
                           step.in.empty() && step.with.contains("path");
  if (!reads_files || !step.with["path"].is_string()) {
    return std::nullopt;
  }
  project::Substitutions values = instance.values;
  for (const char* name : {"ds", "hour", "start", "end"}) {
    values[name].text = std::string("{") + name + "}";
  }
  return project::FillText(step.with["path"].get<std::string>(), values);
}

bool IsSource(const project::Step& step) {
  return step.kind == project::StepKind::kConnector && step.in.empty();
}

bool IsSink(const project::Step& step) {
  return step.kind == project::StepKind::kConnector && !step.in.empty();
}

StepSettings StreamSettings(const project::Project& project, const JobInstance& instance) {
  return {.values = instance.values,
          .project_folder = project.folder,
          .work_folder = project.folder / ".weir" / "work" / instance.job->name,
          .run_id = instance.job->name};
}

void TakeEarlier(std::optional<Micros>& until, const std::optional<Micros>& other) {
  if (other) {
    until = std::min(until.value_or(*other), *other);
  }
}

// What a reading step of a stream has still to read, and until when its source is complete then.
void AddPending(const StepRunner& runner, const project::Step& step, Micros now,
                sql::Connection& connection, SourceFacts& facts) {
  TakeEarlier(facts.complete_until, runner.CompleteUntil(step, now, connection));
  for (connectors::PendingInput& input : runner.Pending(step, connection)) {
    facts.new_inputs.push_back({.identity = std::move(input.identity),
                                .bytes = input.bytes,
                                .next = input.next,
                                .end = input.end});
  }
}

// What a writing step of a stream has still to send of batches that have committed. Returns how
// many batches that are.
std::int64_t AddUnsent(const StepRunner& runner, const project::Step& step,
                       sql::Connection& connection, SourceFacts& facts) {
  std::int64_t batches = 0;
  for (connectors::PendingInput& input : runner.Unsent(step, connection)) {
    batches = std::max(batches, input.batches);
    facts.new_inputs.push_back(
        {.identity = std::move(input.identity), .bytes = input.bytes, .unsent = true});
  }
  return batches;
}

// Until when a stream's sources were read to their end by a batch: by that of the number, or one
// before it.
std::optional<Micros> ReadBy(const StepRunner& runner, const JobInstance& instance,
                             const InstanceRuns& runs, Micros batch, sql::Connection& connection) {
  const auto record = std::find_if(
      runs.succeeded.rbegin(), runs.succeeded.rend(),
      [&](const RunRecord& run) { return run.key.interval.start <= batch && run.read_until > 0; });
  std::optional<Micros> until;
  if (record != runs.succeeded.rend()) {
    for (const project::Step& step : instance.job->steps) {
      if (IsSource(step)) {
        TakeEarlier(until, runner.CompleteUntil(step, record->read_until, connection));
      }
    }
  }
  return until;
}

SourceFacts LookAtStream(const project::Project& project, const JobInstance& instance,
                         const InstanceRuns& runs, const StepServices& steps,
                         lake::Warehouse& warehouse) {
  const Micros newest = runs.succeeded.empty() ? 0 : runs.succeeded.back().key.interval.start;
  StepSettings settings = StreamSettings(project, instance);
  settings.finished = ReadInputsOf(runs);
  settings.positions = StreamPositions(instance, warehouse);
  settings.batch = newest;
  const StepRunner runner(std::move(settings), steps);
  SourceFacts facts;
  const Micros now = Now();
  std::int64_t unsent = 0;
  for (const project::Step& step : instance.job->steps) {
    if (IsSource(step)) {
      AddPending(runner, step, now, warehouse.connection(), facts);
    } else if (IsSink(step) && project.environment.send && newest > 0) {
      unsent = std::max(unsent, AddUnsent(runner, step, warehouse.connection(), facts));
    }
  }
  facts.unsent = unsent > 0;
  if (facts.complete_until) {
    facts.read_until = ReadBy(runner, instance, runs, newest, warehouse.connection());
    facts.sent_until = ReadBy(runner, instance, runs, newest - unsent, warehouse.connection());
  }
  return facts;
}

void AddDays(const std::vector<std::string>& days, SourceFacts& facts) {
  if (days.empty()) {
    return;
  }
  const Schedule daily({.cadence = project::Cadence::kDaily, .cron = {}});
  const Interval first = daily.At(daily.TimeOf(days.front()));
  const Interval last = daily.At(daily.TimeOf(days.back()));
  const Interval extent{.start = first.start, .end = last.end};
  facts.extent = facts.extent ? Interval{.start = std::min(facts.extent->start, extent.start),
                                         .end = std::min(facts.extent->end, extent.end)}
                              : extent;
}

// Name, size and time of a file: what a change of it changes.
std::string FileStateOf(const fs::path& folder, const connectors::MatchedFile& file) {
  return fmt::format("{}|{}|{}", connectors::FileIdentity(folder, file.path), file.bytes,
                     file.changed);
}

// Digests of a step's files by day.
std::map<std::string, std::string> DigestsOf(const project::Project& project,
                                             const std::string& path, sql::Database& database) {
  const bool by_day = path.find(kDayMark) != std::string::npos;
  const std::string pattern = project::FillText(path, {{"ds", {.text = "*"}}});
  std::map<std::string, std::string> states;
  for (const auto& file : connectors::MatchingFiles(database, project.folder, pattern)) {
    const auto day = by_day ? connectors::DayOf(project.folder, path, file.path) : std::string();
    if (day) {
      states[*day] += FileStateOf(project.folder, file) + "\n";
    }
  }
  for (auto& [day, state] : states) {
    state = ToHex(HashOf(state));
  }
  return states;
}

}  // namespace

std::optional<std::vector<std::string>> SourcePatterns(const JobInstance& instance) {
  std::vector<std::string> patterns;
  for (const project::Step& step : instance.job->steps) {
    if (step.kind != project::StepKind::kConnector || !step.in.empty()) {
      continue;
    }
    const auto path = SourcePath(step, instance);
    if (!path) {
      return std::nullopt;
    }
    const project::SubstitutionValue any{.text = "*"};
    patterns.push_back(
        project::FillText(*path, {{"ds", any}, {"hour", any}, {"start", any}, {"end", any}}));
  }
  return patterns;
}

std::string DigestOfFiles(const fs::path& project_folder, const std::string& pattern,
                          sql::Database& database) {
  std::string states;
  for (const auto& file : connectors::MatchingFiles(database, project_folder, pattern)) {
    states += FileStateOf(project_folder, file) + "\n";
  }
  return ToHex(HashOf(states));
}

std::int64_t BatchBytesOfSource(const project::Job& job) {
  const auto sources = std::ranges::count_if(job.steps, [](const project::Step& step) {
    return step.kind == project::StepKind::kConnector && step.in.empty();
  });
  return job.batch_bytes / std::max<std::int64_t>(sources, 1);
}

std::set<std::string> ReadInputsOf(const InstanceRuns& runs) {
  std::set<std::string> read;
  for (const RunRecord& run : runs.succeeded) {
    std::ranges::copy_if(run.files_read, std::inserter(read, read.end()),
                         [](const std::string& file) { return !IsOffsetsText(file); });
  }
  return read;
}

connectors::TopicLinks TopicsOf(const project::Project& project, const JobInstance& instance,
                                const StepServices& steps, sql::Connection& connection) {
  connectors::TopicLinks all;
  if (!instance.job->is_stream) {
    return all;
  }
  const StepRunner runner(StreamSettings(project, instance), steps);
  for (const project::Step& step : instance.job->steps) {
    if (IsSource(step) || (IsSink(step) && project.environment.send)) {
      connectors::TopicLinks links = runner.Topics(step, connection);
      std::ranges::move(links.read, std::back_inserter(all.read));
      std::ranges::move(links.written, std::back_inserter(all.written));
    }
  }
  return all;
}

std::optional<SourceFacts> LookAtSources(const project::Project& project,
                                         const JobInstance& instance, const InstanceRuns& runs,
                                         const StepServices& steps, lake::Warehouse& warehouse) {
  if (instance.job->is_stream) {
    return LookAtStream(project, instance, runs, steps, warehouse);
  }
  std::optional<SourceFacts> facts;
  for (const project::Step& step : instance.job->steps) {
    const auto path = SourcePath(step, instance);
    if (!path) {
      continue;
    }
    facts = facts.value_or(SourceFacts{});
    facts->digests[step.name] = DigestsOf(project, *path, steps.database);
    if (path->find(kDayMark) != std::string::npos) {
      facts->limits_days = true;
      AddDays(connectors::DaysThere(steps.database, project.folder, *path), *facts);
    }
  }
  return facts;
}

}  // namespace weir::jobs
