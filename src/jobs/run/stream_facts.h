#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"
#include "jobs/steps/step_settings.h"
#include "lake/warehouse.h"
#include "project/project.h"

namespace weir::jobs {

// What follows the name of a step that an environment doesn't let send, among what a run has sent.
inline constexpr std::string_view kNotSent = " (not sent)";

// What a stream has still to read and to send. What it reads or sends to may be out of reach, or
// not be what its steps say: then the facts name the step and the problem, which is logged, too,
// and nothing is thrown, so that others go on.
SourceFacts LookAtStream(const project::Project& project, const JobInstance& instance,
                         const InstanceRuns& runs, const StepServices& steps,
                         lake::Warehouse& warehouse);

// The topics that a stream reads, and those that it writes in this environment; none of a job that
// is no stream. Connects to nothing.
connectors::TopicLinks TopicsOf(const project::Project& project, const JobInstance& instance,
                                const StepServices& steps, sql::Connection& connection);

// A stream's batch shared out among its source steps.
std::int64_t BatchBytesOfSource(const project::Job& job);

// The files, or positions, that a stream's runs have read; those of `dropped` batches don't count.
std::set<std::string> ReadInputsOf(const InstanceRuns& runs, const std::set<Micros>& dropped);

// Why a stream that has no run must not begin: one of its tables holds rows of a job that the
// project has no more, perhaps itself by another name, which would be written once more. Empty: it
// may. Reads the logs of tables that are there.
std::string WhyNotToBegin(const JobInstance& instance, const std::vector<JobInstance>& instances,
                          lake::Warehouse& warehouse);

// By writing step the newest of the stream's batches that is on record as sent. One that died after
// it had sent has sent more.
std::map<std::string, std::int64_t> SentBatchesOf(const InstanceRuns& runs);

// What tells a stream from those of other warehouses, and from one whose tables were made anew: the
// id of the first table that it writes, as `run` met it; empty if the record doesn't say.
std::string StreamIdOf(const JobInstance& instance, const RunRecord& run);

}  // namespace weir::jobs
