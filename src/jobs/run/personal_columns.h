#pragma once

#include <set>
#include <string>
#include <vector>

#include "jobs/plan/instance.h"
#include "jobs/run/lakes.h"
#include "jobs/run/run_outputs.h"
#include "project/project.h"

namespace weir::jobs {

// The columns, in small letters, whose values no message of a run's checks may show, by name alone:
// - all of a relation that is written to a table marked `personal`;
// - those that contracts mark so of tables that the instance writes or reads, whoever writes them;
// - of a table marked so that it reads all but the columns that `partition_by` names.
std::set<std::string> PersonalColumns(const project::Project& project, const JobInstance& instance,
                                      const std::vector<StagedOutput>& outputs, Lakes& lakes);

}  // namespace weir::jobs
