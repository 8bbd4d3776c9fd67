#include "cli/services.h"
#include "cli/table/opened_table.h"
#include "cli/table/table_commands.h"
#include "cli/units.h"
#include "lake/optimize.h"

namespace weir::cli {
namespace {

void Optimize(const Arguments& arguments, Services& services) {
  lake::OptimizeRequest request;
  request.sort_by = arguments.Names("--sort-by");
  if (const auto size = arguments.OptionalText("--target-size")) {
    request.target_file_bytes = static_cast<std::int64_t>(ParseSize("--target-size", *size));
  }
  const NamedTable table = FindTable(services, arguments.Text("TABLE"));
  PrintCommitted(services, table.folder,
                 lake::OptimizeTable(table.warehouse, table.folder, request));
}

}  // namespace

Command TableOptimizeCommand() {
  return {.name = "optimize",
          .group = "Maintain",
          .summary = "Pack a table's small files together; its rows stay the same.",
          .examples =
              "weir table optimize sales.orders\n"
              "weir table optimize sales.orders --sort-by customer_id --target-size 256MB",
          .parameters = {TableParameter(false),
                         {.name = "--sort-by",
                          .value = "COLUMNS",
                          .help = "rewrite all files in this order, so that queries can skip more"},
                         {.name = "--target-size",
                          .value = "SIZE",
                          .help = "about how large files become (default: 128MB)"}},
          .run = Optimize};
}

}  // namespace weir::cli
