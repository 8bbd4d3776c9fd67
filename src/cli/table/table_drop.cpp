#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
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

// The end of the line: what else lies in the table's folder.
std::string KeptText(const NamedTable& table, std::vector<std::string> kept) {
  if (kept.empty()) {
    return "";
  }
  constexpr std::size_t kExamples = 3;
  const std::size_t number = kept.size();
  const bool has_more = number > kExamples;
  kept.resize(std::min(number, kExamples));
  return fmt::format("; what is not its own stays in {}: {}{}", table.folder.store->root(),
                     fmt::join(kept, ", "),
                     has_more ? fmt::format(" and {} more", number - kExamples) : "");
}

void Drop(const Arguments& arguments, Services& services) {
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  if (!arguments.Has("--yes") && !IsConfirmed(table)) {
    throw UserError("{} is not dropped", table.folder.name);
  }
  const std::vector<std::string> kept = lake::DropTable(table.warehouse, table.folder);
  if (services.options().json) {
    PrintJson(services.out(), {{"table", table.folder.name}, {"dropped", true}, {"kept", kept}});
  } else {
    services.out() << fmt::format("{}: dropped{}\n", table.folder.name, KeptText(table, kept));
  }
}

}  // namespace

Command TableDropCommand() {
  return {.name = "drop",
          .group = "Change",
          .summary = "Delete a table with its files and its history.",
          .details =
              "Asks first on a terminal; elsewhere --yes is needed. Files in the table's folder "
              "that\nare not its own, and tables in folders below, stay and are named.",
          .examples = "weir table drop sales.orders --yes",
          .parameters = {TableParameter(false), {.name = "--yes", .help = "don't ask"}},
          .run = Drop};
}

}  // namespace weir::cli
