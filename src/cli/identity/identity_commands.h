#pragma once

#include "cli/command.h"

namespace weir::cli {

// Those of `weir identity`, each in the file of its name.
Command IdentityQualityCommand();

}  // namespace weir::cli
