#pragma once

#include <vector>

#include "project/mistakes.h"
#include "project/project.h"

namespace weir::project {

// Reads jobs/<domain>/<job>/job.yaml of a project whose settings are read, by domain and name, on
// several threads. Jobs with mistakes are among them, as far as they could be read.
std::vector<Job> LoadJobs(const Project& settings, const LoadOptions& options, Mistakes& mistakes);

}  // namespace weir::project
