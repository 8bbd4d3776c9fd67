#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "jobs/alerts/alert_kinds.h"
#include "jobs/graph/column_check.h"
#include "jobs/graph/settings_check.h"
#include "jobs/plan/instance.h"
#include "jobs/run/former_partitions.h"
#include "jobs/run/lakes.h"
#include "project/unit_test_file.h"

namespace weir::cli {
namespace {

// A table of the warehouse; nothing if it isn't there or can't be read.
std::optional<lake::Snapshot> TableIn(jobs::Lakes& lakes, const std::string& table) {
  try {
    lake::Warehouse& warehouse = lakes.Of(table);
    lake::Snapshot snapshot = warehouse.Open(warehouse.FolderOf(table));
    return snapshot.exists() ? std::optional(std::move(snapshot)) : std::nullopt;
  } catch (const UserError&) {
    return std::nullopt;
  } catch (const ExternalError&) {
    return std::nullopt;
  }
}

using TableReader = std::function<std::optional<lake::Snapshot>(const std::string&)>;

void WarnOfFormerPartitions(const project::Project& project, const TableReader& read,
                            project::Mistakes& warnings) {
  const std::vector<jobs::JobInstance> instances = jobs::MakeInstances(project);
  for (const jobs::SharedTable& shared : jobs::SharedTables(project, instances)) {
    const auto snapshot = read(shared.output->table);
    if (!snapshot) {
      continue;
    }
    for (const std::string& warning : jobs::WarningsOfFormer(project, shared, *snapshot)) {
      warnings.Note(shared.output->place, warning);
    }
  }
}

// Adds what is wrong beyond the files themselves. Of jobs and a weir.yaml that have mistakes
// already nothing more is said, nor of what would only follow from those.
void CheckMeaning(const project::Project& project, const jobs::StepTables& tables,
                  sql::Database& database, const Services& services, jobs::Findings& findings) {
  sql::Connection connection = database.Connect();
  connection.SetStopToken(services.stop());
  const jobs::Graph graph = jobs::CheckProject(project, connection, findings);
  for (const project::Job& job : project.jobs) {
    jobs::CheckSettings(project, job, tables, findings);
  }
  jobs::CheckConnections(project, tables, findings);
  if (!project.has_mistakes) {
    jobs::CheckAlerts(project, findings.mistakes);
  }
  std::optional<jobs::Lakes> lakes;
  const TableReader read = [&](const std::string& table) -> std::optional<lake::Snapshot> {
    if (project.has_mistakes) {
      return std::nullopt;  // where its warehouse lies may be among them
    }
    if (!lakes) {
      lakes.emplace(project, database);
    }
    return TableIn(*lakes, table);
  };
  const auto existing = [&](const std::string& table) {
    const auto snapshot = read(table);
    return snapshot ? std::optional(snapshot->metadata.schema) : std::nullopt;
  };
  jobs::CheckColumns(graph, tables, existing, connection, findings);
  project::LoadUnitTests(project, findings.mistakes);
  if (!project.has_mistakes && findings.mistakes.empty()) {
    WarnOfFormerPartitions(project, read, findings.warnings);
  }
}

// The services' own needs a weir.yaml without mistakes.
sql::Database& DatabaseFor(const project::Project& project, Services& services,
                           std::optional<sql::Database>& own) {
  if (!project.has_mistakes) {
    return services.database();
  }
  return own.emplace(sql::DatabaseOptions{.memory_bytes = services.options().memory_bytes,
                                          .threads = services.options().threads,
                                          .spill_folder = SpillFolderOf(&project)});
}

std::string Counted(std::size_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

Json MistakeJson(const project::Mistakes& mistakes) {
  Json list = Json::array();
  for (const project::Mistake& mistake : mistakes.Sorted()) {
    list.push_back({{"file", mistake.place.file},
                    {"line", mistake.place.line},
                    {"column", mistake.place.column},
                    {"text", mistake.text}});
  }
  return list;
}

void Print(const project::Project& project, const jobs::Findings& findings, Services& services) {
  std::set<std::string> domains;
  for (const auto& jobs : {project.jobs, project.unsound_jobs}) {
    for (const project::Job& job : jobs) {
      domains.insert(job.domain);
    }
  }
  const std::size_t num_jobs = project.jobs.size() + project.unsound_jobs.size();
  if (services.options().json) {
    PrintJson(services.out(), {{"jobs", num_jobs},
                               {"domains", domains.size()},
                               {"mistakes", MistakeJson(findings.mistakes)},
                               {"warnings", MistakeJson(findings.warnings)},
                               {"unchecked", MistakeJson(findings.unchecked)}});
    return;
  }
  for (const project::Mistake& warning : findings.warnings.Sorted()) {
    project::Mistakes one;
    one.Note(warning.place, "warning: " + warning.text);
    services.out() << one.ToText(project.folder) << "\n";
  }
  services.out() << fmt::format(
      "{} in {}: {}, {}\n", Counted(num_jobs, "job"), Counted(domains.size(), "domain"),
      Counted(findings.mistakes.size(), "mistake"), Counted(findings.warnings.size(), "warning"));
}

void RunCheck(const Arguments& arguments, Services& services) {
  const auto operators = operators::BuiltinOperators();
  const auto connectors = connectors::BuiltinConnectors();
  jobs::Findings findings;
  const project::Project project =
      project::ReadProject(services.project_folder(),
                           {.environment = services.options().environment,
                            .operators = operators.names(),
                            .connectors = connectors.names()},
                           findings.mistakes);
  std::optional<sql::Database> own_database;
  CheckMeaning(project, {.operators = operators, .connectors = connectors},
               DatabaseFor(project, services, own_database), services, findings);
  Print(project, findings, services);
  findings.mistakes.ThrowIfAny(project.folder);
  if (arguments.Has("--strict") && !findings.warnings.empty()) {
    throw UserError("{}; with --strict there must be none",
                    Counted(findings.warnings.size(), "warning"));
  }
}

}  // namespace

Command CheckCommand() {
  return {
      .name = "check",
      .group = "Projects",
      .summary = "Find every mistake of the project's files.",
      .details =
          "Reads weir.yaml and all jobs with their SQL, and tells all that is wrong at once, each "
          "with file,\n"
          "line and column: keys and values, names that nobody defines, tables with two writers, "
          "cycles, reads\n"
          "across domains, SQL whose result would differ from run to run, columns and functions "
          "that aren't\n"
          "there, rows that break a table's contract (`columns`). What would only follow from a "
          "mistake that is\n"
          "told is left out. Reads no data. Tables that no job writes have the columns that they "
          "have in the\n"
          "warehouse; without them --json says under \"unchecked\" what was left out. Warns of "
          "rows of partitions\n"
          "that weir.yaml lists no more.",
      .examples = "weir check\nweir check --strict   # in CI: warnings fail, too",
      .parameters = {{.name = "--strict", .help = "fail if there are warnings"}},
      .run = RunCheck,
  };
}

}  // namespace weir::cli
