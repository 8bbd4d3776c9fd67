#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "jobs/graph/diagram.h"
#include "jobs/graph/selection.h"

namespace weir::cli {
namespace {

constexpr auto kLegend =
    "Circle: from outside. Box: job. Rhombus: service. Flag: topic. Slanted box: files. Box within "
    "a "
    "schema:\ntable. Cylinder: API or database. Dotted: the state before the interval.\n";

// The jobs that one of the flags names; none of them: nothing.
std::optional<std::vector<std::size_t>> Chosen(const Arguments& arguments,
                                               const jobs::Graph& graph) {
  const int flags = (arguments.Has("--domain") ? 1 : 0) + (arguments.Has("--job") ? 1 : 0) +
                    (arguments.Has("--table") ? 1 : 0);
  if (flags > 1) {
    throw UsageError("one of --domain, --job and --table is allowed");
  }
  if (const auto domain = arguments.OptionalText("--domain")) {
    return jobs::JobsOfDomain(graph, *domain);
  }
  if (const auto job = arguments.OptionalText("--job")) {
    return jobs::SelectJobs(graph, {*job});
  }
  if (const auto table = arguments.OptionalText("--table")) {
    return jobs::JobsAroundTable(graph, *table);
  }
  return std::nullopt;
}

void PrintDomains(const jobs::Graph& graph, bool json, std::ostream& out) {
  Json all = Json::object();
  if (!json) {
    out << kLegend;
  }
  for (const std::string& domain : jobs::Domains(graph)) {
    const jobs::Diagram diagram = jobs::DrawJobs(graph, jobs::JobsOfDomain(graph, domain));
    if (json) {
      all[domain] = jobs::ToJson(diagram);
    } else {
      out << fmt::format("\n## {}\n```mermaid\n{}```\n", domain, jobs::ToMermaid(diagram));
    }
  }
  if (json) {
    PrintJson(out, {{"domains", all}});
  }
}

void PrintGraph(const Arguments& arguments, Services& services) {
  const project::Project project = project::LoadProject(
      services.project().folder, {.environment = services.options().environment});
  sql::Connection connection = services.database().Connect();
  const jobs::Graph graph = jobs::BuildGraph(project, connection);
  const bool json = services.options().json || arguments.Text("--format") == "json";
  const auto chosen = Chosen(arguments, graph);
  if (!chosen) {
    PrintDomains(graph, json, services.out());
  } else if (json) {
    PrintJson(services.out(), jobs::ToJson(jobs::DrawJobs(graph, *chosen)));
  } else {
    services.out() << jobs::ToMermaid(jobs::DrawJobs(graph, *chosen));
  }
}

}  // namespace

Command GraphCommand() {
  return {
      .name = "graph",
      .group = "Projects",
      .summary = "Draw jobs and the tables between them.",
      .details =
          "Draws what the jobs declare, as Mermaid: in Markdown with one diagram a domain, or one "
          "diagram of\n"
          "what a flag names.",
      .examples =
          "weir graph > docs/data-flow.md\n"
          "weir graph --job +report\n"
          "weir graph --table sales.orders --format json",
      .parameters = {{.name = "--domain", .value = "NAME", .help = "the jobs of one domain"},
                     {.name = "--job",
                      .value = "JOB",
                      .help = "a job, a glob, tag:x; '+' before or behind adds what it needs or "
                              "feeds"},
                     {.name = "--table",
                      .value = "TABLE",
                      .help = "the jobs that write or read a table"},
                     {.name = "--format",
                      .value = "FORMAT",
                      .help = "mermaid or json (default: mermaid)",
                      .choices = {"mermaid", "json"}}},
      .run = PrintGraph,
  };
}

}  // namespace weir::cli
