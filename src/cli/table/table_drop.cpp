#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "lake/drop_table.h"

namespace weir::cli {
namespace {

// Asks on a terminal. Elsewhere nobody can answer, so the flag is needed.
bool IsConfirmed(const NamedTable& table) {
  if (isatty(STDIN_FILENO) == 0) {
    throw UsageError("'weir table drop' deletes {} for good: add --yes", table.folder.name);
  }
  std::cerr << fmt::format("Delete table {} in {} for good? [y/N] ", table.folder.name,
                           table.folder.store->root());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void Drop(const Arguments& arguments, Services& services) {
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  if (!arguments.Has("--yes") && !IsConfirmed(table)) {
    throw UserError("{} is not dropped", table.folder.name);
  }
  lake::DropTable(table.warehouse, table.folder);
  if (services.options().json) {
    PrintJson(services.out(), {{"table", table.folder.name}, {"dropped", true}});
  } else {
    services.out() << fmt::format("{}: dropped\n", table.folder.name);
  }
}

}  // namespace

Command TableDropCommand() {
  return {.name = "drop",
          .group = "Change",
          .summary = "Delete a table with its files and its history.",
          .details = "Asks first on a terminal; elsewhere --yes is needed.",
          .examples = "weir table drop sales.orders --yes",
          .parameters = {TableParameter(false), {.name = "--yes", .help = "don't ask"}},
          .run = Drop};
}

}  // namespace weir::cli
