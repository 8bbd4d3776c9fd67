#include <string>

#include <fmt/format.h>

#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/text_table.h"
#include "cli/world/world_commands.h"
#include "world/describe.h"

namespace weir::cli {
namespace {

void PrintSection(const world::Section& section, std::ostream& out) {
  TextTable table(section.headings);
  for (const std::vector<std::string>& row : section.rows) {
    table.Add(row);
  }
  out << section.title << "\n\n" << table.Text() << "\n";
}

nlohmann::ordered_json DistributionJson(const world::Section& section) {
  return {{"title", section.title}, {"columns", section.headings}, {"rows", section.rows}};
}

void DescribeWorld(const Arguments& arguments, Services& services) {
  const std::vector<world::Section> sections =
      world::DescribeWorld(arguments.Text("DIR"), services.database(), services.stop());
  if (services.options().json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const world::Section& section : sections) {
      all.push_back(DistributionJson(section));
    }
    PrintJson(services.out(), all);
    return;
  }
  for (const world::Section& section : sections) {
    PrintSection(section, services.out());
  }
}

}  // namespace

Command WorldDescribeCommand() {
  return {
      .name = "describe",
      .summary = "Show the distributions of a world: lines, domains, users, ids, countries.",
      .examples = "weir world describe world\nweir world describe world --json",
      .parameters = {{.name = "DIR", .help = "the folder of a generated world", .required = true}},
      .run = DescribeWorld,
  };
}

}  // namespace weir::cli
