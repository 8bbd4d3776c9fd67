#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "connectors/connector.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/steps/step_settings.h"
#include "lake/warehouse.h"
#include "project/project.h"

namespace weir::jobs {

// What a stream has still to read and to send. What it reads or sends to may be out of reach: then
// the facts name the problem, which is logged, too, and nothing is thrown, so that others go on.
SourceFacts LookAtStream(const project::Project& project, const JobInstance& instance,
                         const InstanceRuns& runs, const StepServices& steps,
                         lake::Warehouse& warehouse);

// The topics that a stream reads, and those that it writes in this environment; none of a job that
// is no stream. Connects to nothing.
connectors::TopicLinks TopicsOf(const project::Project& project, const JobInstance& instance,
                                const StepServices& steps, sql::Connection& connection);

// A stream's batch shared out among its source steps.
std::int64_t BatchBytesOfSource(const project::Job& job);

// The files, or positions, that a stream's runs have read.
std::set<std::string> ReadInputsOf(const InstanceRuns& runs);

}  // namespace weir::jobs
