#include "cli/commands.h"
#include "cli/lookalikes/lookalike_commands.h"

namespace weir::cli {

Command ExportCommand() {
  return {.name = "export",
          .group = "Jobs",
          .summary = "Write what was learnt from to files.",
          .examples = "weir export training 1000 --to training.parquet",
          .subcommands = {ExportTrainingCommand()}};
}

}  // namespace weir::cli
