#pragma once

#include "connectors/connector.h"
#include "jobs/graph/graph.h"
#include "operators/operator.h"
#include "project/project.h"

namespace weir::jobs {

// What steps may name.
struct StepTables {
  const operators::OperatorTable& operators;
  const connectors::ConnectorTable& connectors;
};

// Notes what steps of a job say wrongly to their operators and connectors: settings, names of
// arguments, the number of outputs. Needs no data.
void CheckSettings(const project::Project& project, const project::Job& job,
                   const StepTables& tables, Findings& findings);

}  // namespace weir::jobs
