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
// it has confirmed; without `sends` nobody is told. Throws UserError before anybody is told for
// destinations that have some of the people by what is on record and can't be told, ExternalError
// for one that can't be reached: then nothing is lost by calling it again.
std::vector<TakenBackFrom> TakeBackPeople(Workspace& workspace, const ScratchIds& ids, bool sends);

}  // namespace weir::cli
