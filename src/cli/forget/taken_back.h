#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/job/workspace.h"

namespace weir::cli {

// What a destination was told so that it loses people.
struct TakenBackFrom {
  std::string step;       // "dsp_sync.xandr"
  std::string told;       // what was sent, as the connector says it
  std::int64_t rows = 0;  // removals
};

// Takes people back from every destination that the project's jobs send people to, and waits until
// it has confirmed. Empty in an environment that doesn't send. Throws ExternalError for one that
// can't be reached: then nothing is lost by calling it again.
std::vector<TakenBackFrom> TakeBackPeople(Workspace& workspace, const ScratchIds& ids);

}  // namespace weir::cli
