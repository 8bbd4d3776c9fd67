#include "project/project_names.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "project/cron_line.h"

namespace weir::project {
namespace {

using Kind = SubstitutionValue::Kind;

void AddVariables(const Project& project, Substitutions& values) {
  for (const auto& [name, text] : project.variables) {
    const bool is_literal = project.literal_variables.contains(name);
    values["var." + name] = {.kind = is_literal ? Kind::kLiteral : Kind::kText, .text = text};
  }
}

}  // namespace

Substitutions SettingsValues(const Project& project) {
  Substitutions values;
  AddVariables(project, values);
  for (const auto& [name, path] : project.environment.locations) {
    values["location." + name] = {.kind = Kind::kText, .text = path};
  }
  return values;
}

Substitutions RunValues(const Project& project, const Job& job, const RunNames& names) {
  Substitutions values = SettingsValues(project);
  values["ds"] = {.kind = Kind::kText, .text = names.ds};
  values["start"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(names.start)};
  values["end"] = {.kind = Kind::kTimestamp, .text = FormatTimestamp(names.end)};
  if (HasHour(job.schedule)) {
    values["hour"] = {.kind = Kind::kLiteral, .text = fmt::format("{}", names.hour)};
  }
  if (job.is_stream) {
    values["batch"] = {.kind = Kind::kLiteral, .text = "1"};
  }
  if (!job.per.empty()) {
    values[job.per] = {.kind = Kind::kText, .text = names.partition};
  }
  for (const Input& input : job.reads) {
    values["table." + input.name] = {.kind = Kind::kName, .text = input.name};
  }
  return values;
}

Substitutions ExampleValues(const Project& project, const Job& job) {
  constexpr Micros kStart = 20'454 * kDay;  // 2026-01-01
  return RunValues(project, job,
                   {.ds = "2026-01-01",
                    .start = kStart,
                    .end = kStart + kDay,
                    .hour = 0,
                    .partition = PartitionsOf(project, job).front()});
}

std::vector<std::string> PartitionsOf(const Project& project, const Job& job) {
  const auto list = project.partitions.find(job.per);
  const bool has_some = list != project.partitions.end() && !list->second.empty();
  return has_some ? list->second : std::vector<std::string>{""};
}

Substitutions TableNameValues(const Project& project, const Job& job,
                              const std::string& partition) {
  Substitutions values;
  AddVariables(project, values);
  if (!job.per.empty()) {
    values[job.per] = {.kind = Kind::kText, .text = partition};
  }
  return values;
}

}  // namespace weir::project
