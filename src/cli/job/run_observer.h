#pragma once

#include <memory>
#include <ostream>

#include "cli/services.h"
#include "jobs/run/run_plan.h"

namespace weir::cli {

// Tells of runs as they go: lines of JSON on stdout with --json, else lines for people on stderr,
// with what is left and for how long; on a terminal a last line says what is running.
std::unique_ptr<jobs::RunObserver> MakeRunObserver(Services& services);

}  // namespace weir::cli
