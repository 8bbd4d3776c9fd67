#pragma once

#include <string>
#include <vector>

#include "jobs/ledger/ledger.h"

namespace weir::cli {

// The attempts at a run, oldest first. Throws UserError with the nearest id if there is none.
std::vector<jobs::RunRecord> FindAttempts(jobs::Ledger& ledger, const std::string& id);

}  // namespace weir::cli
