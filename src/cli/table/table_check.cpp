#include <fmt/format.h>

#include "base/error.h"
#include "cli/print_json.h"
#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "lake/check_table.h"

namespace weir::cli {
namespace {

void PrintProblems(Services& services, const OpenedTable& table,
                   const std::vector<lake::TableProblem>& problems) {
  if (services.options().json) {
    Json list = Json::array();
    for (const lake::TableProblem& problem : problems) {
      list.push_back({{"file", problem.file}, {"problem", problem.what}});
    }
    PrintJson(
        services.out(),
        {{"table", table.folder.name}, {"version", table.snapshot.version}, {"problems", list}});
    return;
  }
  for (const lake::TableProblem& problem : problems) {
    services.out() << fmt::format("{}{}{}\n", problem.file, problem.file.empty() ? "" : ": ",
                                  problem.what);
  }
  if (problems.empty()) {
    services.out() << fmt::format("{}: version {} is as its log says ({} files)\n",
                                  table.folder.name, table.snapshot.version,
                                  table.snapshot.files.size());
  }
}

void CheckTables(const Arguments& arguments, Services& services) {
  const OpenedTable table = OpenTable(services, arguments.Text("TABLE"));
  const auto problems = lake::CheckTable(table.warehouse, table.at());
  PrintProblems(services, table, problems);
  if (!problems.empty()) {
    throw UserError("{}: {} problems found", table.folder.name, problems.size());
  }
}

}  // namespace

Command TableCheckCommand() {
  return {.name = "check",
          .group = "Look",
          .summary = "Read a whole table and compare it with what its log says.",
          .details =
              "Every file is there and can be read, and rows, bounds and null counts are as\n"
              "its statistics say. Exit code 1 if something is wrong.",
          .examples = "weir table check sales.orders",
          .parameters = {TableParameter(true)},
          .run = CheckTables};
}

}  // namespace weir::cli
