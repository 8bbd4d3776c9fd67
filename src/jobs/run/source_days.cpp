#include "jobs/run/source_days.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/hashing.h"
#include "connectors/files/file_list.h"
#include "jobs/run/stream_facts.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr auto kFiles = "files";
constexpr auto kDayMark = "{ds}";

// The path of a step that reads files, with all names filled in but "{ds}".
std::optional<std::string> SourcePath(const project::Step& step, const JobInstance& instance) {
  const bool reads_files = step.IsSource() && step.what == kFiles && step.with.contains("path");
  if (!reads_files || !step.with["path"].is_string()) {
    return std::nullopt;
  }
  project::Substitutions values = instance.values;
  for (const char* name : {"ds", "hour", "start", "end"}) {
    values[name].text = std::string("{") + name + "}";
  }
  return project::FillText(step.with["path"].get<std::string>(), values);
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
    if (!step.IsSource()) {
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
