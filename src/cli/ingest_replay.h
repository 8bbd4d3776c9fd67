#pragma once

#include "cli/command.h"

namespace weir::cli {

// `weir ingest replay`.
Command ReplayOfBadLines();

}  // namespace weir::cli
