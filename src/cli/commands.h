#pragma once

#include "cli/command.h"

namespace weir::cli {

// weir itself with all its subcommands: the table of what users can call.
Command Program();

// Those of `weir table`.
Command TableCommand();

// One function a command, each in the file of its name.
Command BackfillCommand();
Command CheckCommand();
Command DocsCommand();
Command DoctorCommand();
Command ExplainCommand();
Command ExportCommand();
Command ForgetCommand();
Command GraphCommand();
Command IdentityCommand();
Command ImportCommand();
Command IngestCommand();
Command LookalikesCommand();
Command NewCommand();
Command PlanCommand();
Command ReplayCommand();
Command RunCommand();
Command RunsCommand();
Command SchemaCommand();
Command ServeCommand();
Command ShowCommand();
Command SqlCommand();
Command StatusCommand();
Command StoreCommand();
Command TestCommand();
Command VersionCommand();
Command WorldCommand();

}  // namespace weir::cli
