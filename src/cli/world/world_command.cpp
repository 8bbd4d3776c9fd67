#include "cli/commands.h"
#include "cli/world/world_commands.h"

namespace weir::cli {

Command WorldCommand() {
  return {
      .name = "world",
      .group = "Projects",
      .summary = "Generate input with known truth, look at it, and serve it.",
      .details =
          "A world is made from a seed: the same options give the same bytes on every machine.",
      .examples =
          "weir world generate --pack adtech --out world --people 20000 --days 7\n"
          "weir world describe world\n"
          "weir world serve world",
      .subcommands = {WorldGenerateCommand(), WorldDescribeCommand(), WorldServeCommand()},
  };
}

}  // namespace weir::cli
