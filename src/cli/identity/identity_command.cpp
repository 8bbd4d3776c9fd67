#include "cli/commands.h"
#include "cli/identity/identity_commands.h"

namespace weir::cli {

Command IdentityCommand() {
  return {.name = "identity",
          .group = "Jobs",
          .summary = "The identity graph: judge it by a truth.",
          .examples = "weir identity quality --truth world/truth",
          .subcommands = {IdentityQualityCommand()}};
}

}  // namespace weir::cli
