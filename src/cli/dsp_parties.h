#pragma once

#include <map>
#include <string>

#include "project/project.h"

namespace weir::cli {

// Which party's ids a DSP takes, by DSP, as the project's variable `dsps` says
// ("xandr=an,files=an"); empty for a project without it. Pairs without '=' are passed over.
std::map<std::string, std::string> DspParties(const project::Project& project);

}  // namespace weir::cli
