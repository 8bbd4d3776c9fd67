#pragma once

#include "cli/command.h"

namespace weir::cli {

// Those of `weir identity`, each in the file of its name.
Command IdentityForgetCommand();
Command IdentityQualityCommand();

}  // namespace weir::cli
