#include "cli/commands.h"

namespace weir::cli {

Command Program() {
  return {
      .name = "weir",
      .summary = "weir: audience pipelines over Delta Lake tables, in one program.",
      .details =
          "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n"
          "Results go to stdout, logs and errors to stderr.",
      .examples =
          "weir new shop && cd shop\n"
          "weir table import sales.orders --from orders.csv --mode append\n"
          "weir sql \"SELECT count(*) FROM sales.orders\"\n"
          "weir table --help",
      .parameters = {{.name = "--version", .help = "the same as 'weir version'"}},
      .subcommands = {NewCommand(),        CheckCommand(),    TestCommand(),    GraphCommand(),
                      DocsCommand(),       SchemaCommand(),   PlanCommand(),    RunCommand(),
                      BackfillCommand(),   StatusCommand(),   RunsCommand(),    ShowCommand(),
                      ReplayCommand(),     ServeCommand(),    ExplainCommand(), ExportCommand(),
                      LookalikesCommand(), IdentityCommand(), ImportCommand(),  IngestCommand(),
                      ForgetCommand(),     SqlCommand(),      TableCommand(),   StoreCommand(),
                      DoctorCommand(),     WorldCommand(),    VersionCommand()},
  };
}

}  // namespace weir::cli
