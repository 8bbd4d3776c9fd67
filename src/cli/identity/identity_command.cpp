#include "cli/commands.h"
#include "cli/identity/identity_commands.h"

namespace weir::cli {

Command IdentityCommand() {
  return {.name = "identity",
          .group = "Jobs",
          .summary = "The identity graph: erase ids, judge it by a truth.",
          .examples =
              "weir identity forget af:0123456789abcdef\n"
              "weir identity quality --truth world/truth",
          .subcommands = {IdentityForgetCommand(), IdentityQualityCommand()}};
}

}  // namespace weir::cli
