#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/identity/graph_tables.h"
#include "cli/identity/import_mapping.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

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
  if (found.empty()) {
    throw UserError("{} has no folder of a region; allowed: {}, with Parquet files in it",
                    folder.string(), fmt::to_string(fmt::join(known, ", ")));
  }
  return found;
}

std::string ReadDay(const Arguments& arguments) {
  const std::string day = arguments.Text("--on");
  if (!ParseDate(day)) {
    throw UsageError("--on is '{}'; a day such as 2026-01-31 is allowed", day);
  }
  return day;
}

void RunImport(const Arguments& arguments, Services& services) {
  const fs::path folder = fs::absolute(arguments.Text("FOLDER"));
  const std::string day = ReadDay(arguments);
  Workspace workspace(services);
  Json partitions = Json::array();
  TextTable table({"region", "day", ">people", ">ids", ">people of one id", ">erased ids"});
  for (const GraphTables& graph : GraphsIn(workspace, folder)) {
    const ImportedMapping done =
        ImportMapping(workspace, graph, folder / graph.instance->partition, day);
    partitions.push_back({{"partition", done.partition},
                          {"day", done.day},
                          {"people", done.people},
                          {"ids", done.ids},
                          {"alone", done.alone},
                          {"erased", done.erased}});
    table.Add({done.partition, done.day, FormatCount(done.people), FormatCount(done.ids),
               FormatCount(done.alone), FormatCount(done.erased)});
  }
  if (services.options().json) {
    PrintJson(services.out(), {{"partitions", partitions}});
  } else {
    services.out() << table.Text();
  }
}

Command ImportMappingCommand() {
  return {.name = "mapping",
          .summary = "Take over people that another system found.",
          .details =
              "FOLDER has a folder a region with Parquet files of universal_id (32 lower-case hex\n"
              "digits), party and user_id. Each person's ids keep together, and keep the\n"
              "universal_id until new edges join them. They count as seen together on the day\n"
              "--on, which is to be before the first day that is run; people of one id can't be\n"
              "kept, nor can erased ids. Only before user_ids_mapper has run for the first time.",
          .examples = "weir import mapping old/latest --on 2025-12-31",
          .parameters = {{.name = "FOLDER", .help = "with a folder a region", .required = true},
                         {.name = "--on",
                          .value = "DAY",
                          .help = "the day before the first that is run",
                          .required = true}},
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
