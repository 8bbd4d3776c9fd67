#include "jobs/run/source_days.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/hashing.h"
#include "connectors/files/file_list.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

constexpr auto kFiles = "files";

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

std::set<std::string> ReadFilesOf(const InstanceRuns& runs) {
  std::set<std::string> read;
  for (const RunRecord& run : runs.succeeded) {
    read.insert(run.files_read.begin(), run.files_read.end());
  }
  return read;
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
std::string StateOf(const std::filesystem::path& folder, const std::string& file) {
  std::error_code problem;
  const auto size = std::filesystem::file_size(file, problem);
  const auto time = std::filesystem::last_write_time(file, problem);
  return fmt::format("{}|{}|{}", connectors::FileIdentity(folder, file), problem ? 0 : size,
                     problem ? 0 : time.time_since_epoch().count());
}

// Digests of a step's files by day.
std::map<std::string, std::string> DigestsOf(const project::Project& project,
                                             const std::string& path, sql::Connection& connection) {
  std::string pattern = path;
  const bool by_day = path.find("{ds}") != std::string::npos;
  for (auto at = pattern.find("{ds}"); at != std::string::npos; at = pattern.find("{ds}")) {
    pattern.replace(at, 4, "*");
  }
  std::map<std::string, std::string> states;
  for (const std::string& file : connectors::MatchingFiles(connection, project.folder, pattern)) {
    const auto day = by_day ? connectors::DayOf(project.folder, path, file) : std::string();
    if (day) {
      states[*day] += StateOf(project.folder, file) + "\n";
    }
  }
  for (auto& [day, state] : states) {
    state = ToHex(HashOf(state));
  }
  return states;
}

}  // namespace

std::optional<SourceFacts> LookAtSources(const project::Project& project,
                                         const JobInstance& instance, const InstanceRuns& runs,
                                         sql::Connection& connection) {
  std::optional<SourceFacts> facts;
  for (const project::Step& step : instance.job->steps) {
    const auto path = SourcePath(step, instance);
    if (!path) {
      continue;
    }
    if (instance.job->is_stream) {
      facts = facts.value_or(SourceFacts{});
      const std::set<std::string> read = ReadFilesOf(runs);
      for (const std::string& file : connectors::MatchingFiles(connection, project.folder, *path)) {
        const std::string identity = connectors::FileIdentity(project.folder, file);
        if (!read.contains(identity)) {
          facts->new_files.push_back(identity);
        }
      }
      continue;
    }
    facts = facts.value_or(SourceFacts{});
    facts->digests[step.name] = DigestsOf(project, *path, connection);
    if (path->find("{ds}") != std::string::npos) {
      facts->limits_days = true;
      AddDays(connectors::DaysThere(connection, project.folder, *path), *facts);
    }
  }
  return facts;
}

}  // namespace weir::jobs
