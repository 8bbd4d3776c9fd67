#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/commands.h"
#include "cli/identity/graph_tables.h"
#include "cli/identity/import_mapping.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "jobs/plan/coverage.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

// People in a folder that no region takes would be left out without a word.
void CheckFolders(const fs::path& folder, const std::vector<std::string>& known) {
  if (!fs::is_directory(folder)) {
    return;
  }
  std::vector<std::string> unknown;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && std::ranges::find(known, name) == known.end()) {
      unknown.push_back(name);
    }
  }
  if (!unknown.empty()) {
    std::ranges::sort(unknown);
    throw UserError("{} has the folder '{}', which is no region; allowed: {}{}", folder.string(),
                    unknown.front(), fmt::to_string(fmt::join(known, ", ")),
                    DidYouMean(unknown.front(), known));
  }
}

// `given`, or else the day before the first that any of the graphs' jobs runs. What is imported on
// a job's first day, or later, would be taken for that day's evidence, and is refused.
std::string DayOfImport(Workspace& workspace, const std::vector<GraphTables>& graphs,
                        const std::optional<std::string>& given) {
  std::optional<std::string> before_all;
  const jobs::PlanFacts facts = workspace.Facts();
  const jobs::Coverage coverage(workspace.instances(), facts);
  for (const GraphTables& graph : graphs) {
    const auto number =
        static_cast<std::size_t>(std::distance(workspace.instances().data(), graph.instance));
    const auto first = coverage.First(number);
    if (!first) {
      continue;
    }
    const std::string first_day = graph.instance->schedule.Day(graph.instance->schedule.At(*first));
    if (given && *given >= first_day) {
      throw UserError("--on is {}; a day before {} is allowed, which is the first that {} runs",
                      *given, first_day, graph.instance->name());
    }
    const std::string day_before = FormatDate(*ParseDate(first_day) - 1);
    before_all = std::min(before_all.value_or(day_before), day_before);
  }
  if (!given && !before_all) {
    throw UsageError(
        "there are no events yet that would tell the first day: --on DAY is needed, the day before "
        "the first that is run");
  }
  return given ? *given : *before_all;
}

// The partitions whose folders are there.
std::vector<GraphTables> GraphsIn(const Workspace& workspace, const fs::path& folder) {
  std::vector<std::string> known;
  std::vector<GraphTables> found;
  for (const GraphTables& graph : GraphsOf(workspace.instances())) {
    known.push_back(graph.instance->partition);
    if (fs::is_directory(folder / graph.instance->partition)) {
      found.push_back(graph);
    }
  }
  CheckFolders(folder, known);
  if (found.empty()) {
    throw UserError("{} has no folder of a region; allowed: {}, with Parquet files in it",
                    folder.string(), fmt::to_string(fmt::join(known, ", ")));
  }
  return found;
}

std::optional<std::string> ReadDay(const Arguments& arguments) {
  const auto day = arguments.OptionalText("--on");
  if (day && !ParseDate(*day)) {
    throw UsageError("--on is '{}'; a day such as 2026-01-31 is allowed", *day);
  }
  return day;
}

void RunImport(const Arguments& arguments, Services& services) {
  const fs::path folder = fs::absolute(arguments.Text("FOLDER"));
  const std::optional<std::string> asked_day = ReadDay(arguments);
  Workspace workspace(services);
  Json partitions = Json::array();
  TextTable table(
      {"region", "day", ">people", ">ids", ">people of one id", ">erased ids", ">junk ids"});
  const std::vector<GraphTables> graphs = GraphsIn(workspace, folder);
  const std::string day = DayOfImport(workspace, graphs, asked_day);
  for (const GraphTables& graph : graphs) {
    const ImportedMapping done =
        ImportMapping(workspace, graph, folder / graph.instance->partition, day);
    partitions.push_back({{"partition", done.partition},
                          {"day", done.day},
                          {"people", done.people},
                          {"ids", done.ids},
                          {"alone", done.alone},
                          {"erased", done.erased},
                          {"junk", done.junk}});
    table.Add({done.partition, done.day, FormatCount(done.people), FormatCount(done.ids),
               FormatCount(done.alone), FormatCount(done.erased), FormatCount(done.junk)});
  }
  if (services.options().json) {
    PrintJson(services.out(), {{"partitions", partitions}});
  } else {
    services.out() << table.Text();
  }
}

Command ImportMappingCommand() {
  return {
      .name = "mapping",
      .summary = "Take over people that another system found.",
      .details =
          "FOLDER has a folder a region with Parquet files of universal_id (32 lower-case hex\n"
          "digits), party and user_id. Each person's ids keep together, and keep the\n"
          "universal_id until new edges join them. They count as seen together on the day\n"
          "--on, which is to be before the first day that is run; people of one id can't be\n"
          "kept, nor can erased ids and those that stand for nobody, such as 0. Only before\n"
          "user_ids_mapper has run for the first time; a second import takes the place of\n"
          "the first, whatever its day.",
      .examples = "weir import mapping old/latest\nweir import mapping old/latest --on 2025-12-31",
      .parameters = {{.name = "FOLDER", .help = "with a folder a region", .required = true},
                     {.name = "--on",
                      .value = "DAY",
                      .help = "a day before the first that is run (default: the one before, as "
                              "the events tell)"}},
      .run = RunImport};
}

}  // namespace

Command ImportCommand() {
  return {.name = "import",
          .group = "Jobs",
          .summary = "Take over what another system made.",
          .examples = "weir import mapping old/latest --on 2025-12-31",
          .subcommands = {ImportMappingCommand()}};
}

}  // namespace weir::cli
