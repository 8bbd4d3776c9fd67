#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/job/workspace.h"

namespace weir::cli {

// Runs under way that write one of the tables ("schema.name"), by id: they may have begun before
// ids were on the list of erased ones.
std::vector<std::string> RunsUnderWay(Workspace& workspace, const std::set<std::string>& tables);

// Throws ExternalError naming the runs, and `command` to run again, if there are any.
void RefuseRunsUnderWay(const std::vector<std::string>& runs, const std::string& command);

}  // namespace weir::cli
