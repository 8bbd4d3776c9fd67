#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "jobs/plan/instance.h"
#include "jobs/run/run_outputs.h"
#include "lake/warehouse.h"

// Where a stream stands in sources that count what they give, such as Kafka: in a Delta `txn`
// `weir:<job>:<topic>:<partition>` of each table that a batch changes, its version the next offset.
// Data and position appear together, or neither does.
namespace weir::jobs {

// Whether a record's line tells what was read of such a source: "ingested-af/0 offsets=100-122".
// Later batches need not know it.
bool IsOffsetsText(std::string_view line);

// By the tables that the instance writes; nothing of partitions that it has read nothing of.
std::vector<connectors::StreamPosition> StreamPositions(const JobInstance& instance,
                                                        lake::Warehouse& warehouse);

// Lets the commit of `parts` carry the positions. Where no table changes the first output's does.
void CarryPositions(const JobInstance& instance,
                    const std::vector<connectors::StreamPosition>& positions,
                    const std::vector<StagedOutput>& outputs,
                    std::vector<lake::TableChanges>& parts);

// Lets the commit of `parts` carry the number of a stream's batch, from 1, of whose sources no
// positions are carried: a `txn` `weir:<job>`. Other readers of the tables can tell by it how far
// the stream is.
void CarryBatch(const JobInstance& instance, std::int64_t batch,
                std::vector<lake::TableChanges>& parts);

}  // namespace weir::jobs
