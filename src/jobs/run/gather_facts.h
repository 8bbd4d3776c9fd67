#pragma once

#include <string>
#include <vector>

#include "jobs/ledger/ledger.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/run/lakes.h"
#include "jobs/steps/step_settings.h"
#include "project/project.h"

namespace weir::jobs {

struct FactSources {
  const project::Project& project;
  const std::vector<JobInstance>& instances;
  Lakes& lakes;
  Ledger& ledger;
  const StepServices& steps;
};

// Looks at everything that a plan is made from: the ledger (which is brought up to date), the
// tables' logs and the outside files of sources. `code_hashes` has one entry an instance.
PlanFacts GatherFacts(const FactSources& sources, std::vector<std::string> code_hashes);

}  // namespace weir::jobs
