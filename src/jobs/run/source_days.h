#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/steps/step_settings.h"
#include "lake/warehouse.h"
#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// What the outside files are that an instance's source steps read: the days that are there, of
// paths with "{ds}", and for a stream the files that none of its runs has read. Absent if it has no
// such step. `warehouse` is the environment's own.
std::optional<SourceFacts> LookAtSources(const project::Project& project,
                                         const JobInstance& instance, const InstanceRuns& runs,
                                         const StepServices& steps, lake::Warehouse& warehouse);

// The paths with wildcards that an instance's source steps read, `{ds}` standing for any day.
// Absent if one of them reads something else than files.
std::optional<std::vector<std::string>> SourcePatterns(const JobInstance& instance);

// The files that match a path, each with size and time, as one digest.
std::string DigestOfFiles(const std::filesystem::path& project_folder, const std::string& pattern,
                          sql::Database& database);

}  // namespace weir::jobs
