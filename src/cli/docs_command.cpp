#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "jobs/graph/catalogue.h"
#include "jobs/graph/diagram.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

void MakeFolder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    throw ExternalError("folder {} can't be made: {}", folder.string(), problem.message());
  }
}

void WritePage(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    throw ExternalError("{} can't be written", file.string());
  }
}

void WriteDocs(const Arguments& arguments, Services& services) {
  const project::Project project = project::LoadProject(
      services.project().folder, {.environment = services.options().environment});
  sql::Connection connection = services.database().Connect();
  const jobs::Graph graph = jobs::BuildGraph(project, connection);
  if (services.options().json) {
    services.out() << jobs::CatalogueJson(graph).dump(2) << "\n";
    return;
  }
  const auto out = arguments.OptionalText("--out");
  const fs::path folder = out ? fs::path(*out) : project.folder / "docs" / "catalogue";
  MakeFolder(folder);
  WritePage(folder / "README.md", jobs::CataloguePage(graph));
  const auto domains = jobs::Domains(graph);
  for (const std::string& domain : domains) {
    WritePage(folder / (domain + ".md"), jobs::DomainPage(graph, domain));
  }
  services.out() << fmt::format("{} pages in {}\n", domains.size() + 1, folder.string());
}

}  // namespace

Command DocsCommand() {
  return {
      .name = "docs",
      .group = "Projects",
      .summary = "Write down what the project's jobs and tables are, for those who look for one.",
      .details =
          "Markdown: an overview and a page a domain, with a diagram, the jobs, and the tables "
          "with "
          "their\n"
          "columns as contracts declare them. The same project gives the same text, so the pages "
          "can be kept\n"
          "in git. With --json the same for programs, on stdout.",
      .examples = "weir docs\nweir docs --out site/catalogue\nweir docs --json",
      .parameters = {{.name = "--out",
                      .value = "DIR",
                      .help = "where the pages go (default: docs/catalogue of the project)"}},
      .run = WriteDocs,
  };
}

}  // namespace weir::cli
