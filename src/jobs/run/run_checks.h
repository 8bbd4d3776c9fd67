#pragma once

#include <vector>

#include "jobs/plan/instance.h"
#include "jobs/run/lakes.h"
#include "jobs/run/run_outputs.h"

namespace weir::jobs {

struct RunCheckTask {
  const project::Project& project;
  const JobInstance& instance;
  const Interval& interval;
  const std::vector<StagedOutput>& outputs;
  const std::vector<std::vector<CheckRecord>>& last_checks;  // of earlier runs, newest first
};

// The job's checks, and the nulls that its contracts forbid, of what a run is about to commit: on
// the relations of the own warehouse's connection and on its tables as they will be.
std::vector<CheckRecord> CheckRun(const RunCheckTask& task, Lakes& lakes);

}  // namespace weir::jobs
