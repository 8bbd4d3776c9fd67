#pragma once

#include "cli/command.h"

// The subcommands of `weir table`, each in the file of its name.
namespace weir::cli {

Command TableCheckCommand();
Command TableDropCommand();
Command TableFilesCommand();
Command TableFingerprintCommand();
Command TableHistoryCommand();
Command TableImportCommand();
Command TableListCommand();
Command TableOptimizeCommand();
Command TableRestoreCommand();
Command TableShowCommand();
Command TableVacuumCommand();

// The argument that says which table; with `versions` also "sales.orders@v12".
Parameter TableParameter(bool versions);

}  // namespace weir::cli
