#pragma once

#include <optional>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// What the outside files are that an instance's source steps read: the days that are there, of
// paths with "{ds}", and for a stream the files that none of its runs has read. Absent if it has no
// such step. `connection` looks for files.
std::optional<SourceFacts> LookAtSources(const project::Project& project,
                                         const JobInstance& instance, const InstanceRuns& runs,
                                         sql::Connection& connection);

}  // namespace weir::jobs
