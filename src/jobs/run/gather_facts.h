#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "jobs/ledger/ledger.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/plan/where_predicate.h"
#include "jobs/run/lakes.h"
#include "jobs/steps/step_settings.h"
#include "project/project.h"

namespace weir::jobs {

struct FactSources {
  const project::Project& project;
  const std::vector<JobInstance>& instances;
  Lakes& lakes;
  Ledger& ledger;
  Ledger* other_ledger = nullptr;  // of the environment that is read from, or null
  const StepServices& steps;
  WherePredicates& predicates;
  // Instances that may run. The others' tables may be read in the other environment, with their
  // runs there.
  const std::set<std::size_t>& to_run;
  // Whether streams among them that have no run may add to a table of a job that the project has no
  // more (--full).
  bool takes_over = false;
};

// Looks at everything that a plan is made from: the ledger (which is brought up to date), the
// tables' logs and the outside files of sources. `code_hashes` has one entry an instance.
PlanFacts GatherFacts(const FactSources& sources, std::vector<std::string> code_hashes);

}  // namespace weir::jobs
