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
constexpr auto kHourMark = "{hour}";

// The path of a step that reads files; its day and hour are filled in as `day` and `hour`, whatever
// else tells the interval may be anything.
std::optional<std::string> SourcePath(const project::Step& step, const JobInstance& instance,
                                      const char* day, const char* hour) {
  const bool reads_files = step.IsSource() && step.what == kFiles && step.with.contains("path");
  if (!reads_files || !step.with["path"].is_string()) {
    return std::nullopt;
  }
  project::Substitutions values = instance.values;
  values["ds"].text = day;
  values["hour"].text = hour;
  values["start"].text = values["end"].text = "*";
  return project::FillText(step.with["path"].get<std::string>(), values);
}

// Name, size and time of a file: what a change of it changes.
std::string FileStateOf(const fs::path& folder, const connectors::MatchedFile& file) {
  return fmt::format("{}|{}|{}", connectors::FileIdentity(folder, file.path), file.bytes,
                     file.changed);
}

// What a step reads, by the day or hour that its path names.
class SourceFiles {
 public:
  SourceFiles(const project::Project& project, const JobInstance& instance, std::string path)
      : project_(project),
        path_(std::move(path)),
        by_day_(path_.find(kDayMark) != std::string::npos),
        by_hour_(path_.find(kHourMark) != std::string::npos),
        schedule_({.cadence = by_hour_ ? project::Cadence::kHourly : project::Cadence::kDaily,
                   .cron = {},
                   .time_zone = instance.job->schedule.time_zone}) {}

  void Add(const project::Step& step, sql::Database& database, SourceFacts& facts) const {
    std::map<std::string, std::string>& digests = facts.digests[step.name];
    std::optional<Interval> extent;
    for (const auto& [file, day, hour] :
         connectors::MatchingDatedFiles(database, project_.folder, path_)) {
      if ((by_day_ && !day) || (by_hour_ && !hour)) {
        continue;
      }
      const std::string date = day.value_or("");
      digests[by_hour_ ? SourceFacts::HourKey(date, *hour) : date] +=
          FileStateOf(project_.folder, file) + "\n";
      if (by_day_) {
        const Interval time = TimeOf(date, hour);
        extent = extent ? Interval{.start = std::min(extent->start, time.start),
                                   .end = std::max(extent->end, time.end)}
                        : time;
      }
    }
    for (auto& [time, state] : digests) {
      state = ToHex(HashOf(state));
    }
    Limit(extent, facts);
  }

 private:
  // A day, or where the path names hours an hour, of the job's zone.
  Interval TimeOf(const std::string& day, std::optional<int> hour) const {
    return schedule_.At(schedule_.TimeOf(hour ? fmt::format("{}T{:02}:00", day, *hour) : day));
  }

  // The days that all such steps have.
  void Limit(const std::optional<Interval>& extent, SourceFacts& facts) const {
    facts.limits_days = facts.limits_days || by_day_;
    if (extent) {
      facts.extent = facts.extent ? Interval{.start = std::min(facts.extent->start, extent->start),
                                             .end = std::min(facts.extent->end, extent->end)}
                                  : *extent;
    }
  }

  const project::Project& project_;
  std::string path_;
  bool by_day_;
  bool by_hour_;
  Schedule schedule_;
};

}  // namespace

std::optional<std::vector<std::string>> SourcePatterns(const JobInstance& instance) {
  std::vector<std::string> patterns;
  for (const project::Step& step : instance.job->steps) {
    if (!step.IsSource()) {
      continue;
    }
    auto path = SourcePath(step, instance, "*", "*");
    if (!path) {
      return std::nullopt;
    }
    patterns.push_back(*std::move(path));
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
    auto path = SourcePath(step, instance, kDayMark, kHourMark);
    if (path) {
      facts = facts.value_or(SourceFacts{});
      SourceFiles(project, instance, *std::move(path)).Add(step, steps.database, *facts);
    }
  }
  return facts;
}

}  // namespace weir::jobs
