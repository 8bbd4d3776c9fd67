#include "cli/commands.h"
#include "cli/table/table_commands.h"

namespace weir::cli {

Parameter TableParameter(bool versions) {
  return {.name = "TABLE",
          .help = versions
                      ? "schema.name or a path; with @v12 or @2026-01-01 as of a version or time"
                      : "schema.name, or the path of a table",
          .required = true};
}

Command TableCommand() {
  return {
      .name = "table",
      .group = "Tables and SQL",
      .summary = "List, read, load and maintain tables.",
      .details =
          "Tables are Delta Lake tables: 'schema.name' is one of the project's warehouse; a\n"
          "path names one that lies anywhere, also outside of projects.",
      .examples =
          "weir table list\n"
          "weir table import sales.orders --from orders-*.parquet\n"
          "weir table show sales.orders@v12\n"
          "weir table vacuum ./lake/sales/orders --dry-run",
      .subcommands = {TableListCommand(), TableShowCommand(), TableHistoryCommand(),
                      TableFilesCommand(), TableFingerprintCommand(), TableCheckCommand(),
                      TableImportCommand(), TableRestoreCommand(), TableDropCommand(),
                      TableOptimizeCommand(), TableVacuumCommand()},
  };
}

}  // namespace weir::cli
