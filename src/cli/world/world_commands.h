#pragma once

#include "cli/command.h"

namespace weir::cli {

// One function a subcommand of `weir world`, each in the file of its name.
Command WorldDescribeCommand();
Command WorldGenerateCommand();
Command WorldServeCommand();

}  // namespace weir::cli
