#include <fmt/format.h>

#include "base/error.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/text_table.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

void PrintNames(Services& services, const std::vector<std::string>& names) {
  Json tables = Json::array();
  for (const std::string& name : names) {
    tables.push_back({{"name", name}});
  }
  PrintJson(services.out(), {{"tables", tables}});
}

// What to open each table at, all as they were at one moment; the latest of those that don't tell.
std::vector<lake::VersionChoice> ChoicesOf(lake::Warehouse& warehouse,
                                           const std::vector<std::string>& names) {
  std::vector<lake::VersionChoice> choices(names.size());
  try {
    const std::vector<std::int64_t> versions = warehouse.VersionsTogether(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (versions[i] >= 0) {
        choices[i].version = versions[i];
      }
    }
  } catch (const UserError&) {
    return choices;  // of one table: its line says why
  }
  return choices;
}

// One line of a table; one that can't be opened says why and hides no other.
std::vector<std::string> TableCells(lake::Warehouse& warehouse, const std::string& name,
                                    const lake::VersionChoice& choice) {
  try {
    const lake::Snapshot snapshot = warehouse.Open(warehouse.FolderOf(name), choice);
    return {name,
            fmt::format("{}", snapshot.version),
            RowsText(NumRows(snapshot)),
            FormatCount(std::ssize(snapshot.files)),
            FormatSize(static_cast<std::uint64_t>(snapshot.num_bytes())),
            TimeText(snapshot.timestamp)};
  } catch (const UserError& problem) {
    return {name, "-", "-", "-", "-", fmt::format("can't be opened: {}", problem.what())};
  }
}

void List(const Arguments& /*arguments*/, Services& services) {
  lake::Warehouse& warehouse = services.warehouse();
  const std::vector<std::string> names = warehouse.TableNames();
  if (services.options().json) {
    PrintNames(services, names);
    return;
  }
  if (names.empty()) {
    services.out() << fmt::format(
        "no tables in {}; 'weir table import schema.name --from FILE' makes one\n",
        warehouse.root());
    return;
  }
  TextTable table({"table", ">version", ">rows", ">files", ">size", "changed"});
  const std::vector<lake::VersionChoice> choices = ChoicesOf(warehouse, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    table.Add(TableCells(warehouse, names[i], choices[i]));
  }
  services.out() << table.Text();
}

}  // namespace

Command TableListCommand() {
  return {.name = "list",
          .group = "Look",
          .summary = "List the warehouse's tables.",
          .details = "With --json: {\"tables\": [{\"name\": \"schema.table\"}, …]}, sorted.",
          .examples =
              "weir table list\n"
              "weir table list --json | jq -r '.tables[].name'",
          .run = List};
}

}  // namespace weir::cli
