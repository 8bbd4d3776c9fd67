#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "connectors/connector.h"
#include "jobs/graph/graph.h"
#include "operators/operator.h"
#include "project/project.h"
#include "project/substitution.h"

namespace weir::jobs {

// What steps may name.
struct StepTables {
  const operators::OperatorTable& operators;
  const connectors::ConnectorTable& connectors;
};

// A step's settings as a run would have them, names in braces filled in.
nlohmann::json FilledSettings(const nlohmann::json& settings, const project::Substitutions& values);

// What a step says wrongly to its operator or connector, a line each; `settings` are filled in.
std::vector<std::string> MistakesOfStep(const project::Step& step, const nlohmann::json& settings,
                                        const StepTables& tables);

// Notes what lines under `connections:` say wrongly to their connectors, and warns of those that no
// step names. Connects to nothing. Says nothing of a weir.yaml with other mistakes.
void CheckConnections(const project::Project& project, const StepTables& tables,
                      Findings& findings);

// Notes what steps of a job say wrongly to their operators and connectors: settings, names of
// arguments, the number of outputs, connections that aren't there. Needs no data.
void CheckSettings(const project::Project& project, const project::Job& job,
                   const StepTables& tables, Findings& findings);

}  // namespace weir::jobs
