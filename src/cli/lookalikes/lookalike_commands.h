#pragma once

#include "cli/command.h"

namespace weir::cli {

// `weir explain member` and `weir export training`, each in the file of its name.
Command ExplainMemberCommand();
Command ExportTrainingCommand();

}  // namespace weir::cli
