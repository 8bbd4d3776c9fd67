#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "jobs/alerts/alert_kinds.h"
#include "jobs/graph/column_check.h"
#include "jobs/graph/settings_check.h"
#include "jobs/run/lakes.h"
#include "lake/snapshot.h"
#include "project/unit_test_file.h"

namespace weir::cli {
namespace {

// The columns that a table of the warehouse has; nothing if it isn't there or can't be read.
std::optional<Schema> ColumnsIn(jobs::Lakes& lakes, const std::string& table) {
  try {
    lake::Warehouse& warehouse = lakes.Of(table);
    const lake::Snapshot snapshot =
        lake::LoadSnapshot(warehouse.FolderOf(table), warehouse.connection());
    return snapshot.exists() ? std::optional(snapshot.metadata.schema) : std::nullopt;
  } catch (const UserError&) {
    return std::nullopt;
  } catch (const ExternalError&) {
    return std::nullopt;
  }
}

jobs::Findings CheckProjectFiles(const project::Project& project, const jobs::StepTables& tables,
                                 Services& services) {
  sql::Connection connection = services.database().Connect();
  connection.SetStopToken(services.stop());
  jobs::Findings findings;
  const jobs::Graph graph = jobs::CheckProject(project, connection, findings);
  for (const project::Job& job : project.jobs) {
    jobs::CheckSettings(project, job, tables, findings);
  }
  jobs::CheckConnections(project, tables, findings);
  jobs::CheckAlerts(project, findings.mistakes);
  if (findings.mistakes.empty()) {
    jobs::Lakes lakes(project, services.database());
    jobs::CheckColumns(
        graph, tables, [&](const std::string& table) { return ColumnsIn(lakes, table); },
        connection, findings);
  }
  project::LoadUnitTests(project, findings.mistakes);
  return findings;
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
  for (const project::Job& job : project.jobs) {
    domains.insert(job.domain);
  }
  if (services.options().json) {
    PrintJson(services.out(), {{"jobs", project.jobs.size()},
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
      "{} in {}: {}, {}\n", Counted(project.jobs.size(), "job"), Counted(domains.size(), "domain"),
      Counted(findings.mistakes.size(), "mistake"), Counted(findings.warnings.size(), "warning"));
}

void RunCheck(const Arguments& arguments, Services& services) {
  const auto operators = operators::BuiltinOperators();
  const auto connectors = connectors::BuiltinConnectors();
  const project::Project project = project::LoadProject(
      services.project().folder, {.environment = services.options().environment,
                                  .operators = operators.names(),
                                  .connectors = connectors.names()});
  const jobs::Findings findings =
      CheckProjectFiles(project, {.operators = operators, .connectors = connectors}, services);
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
          "there, rows that break a table's contract (`columns`). Reads no data. Tables that no "
          "job writes have\n"
          "the columns that they have in the warehouse; without them --json says under "
          "\"unchecked\" what was\n"
          "left out.",
      .examples = "weir check\nweir check --strict   # in CI: warnings fail, too",
      .parameters = {{.name = "--strict", .help = "fail if there are warnings"}},
      .run = RunCheck,
  };
}

}  // namespace weir::cli
