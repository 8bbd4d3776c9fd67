#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/services.h"
#include "jobs/ledger/run_record.h"

namespace weir::cli {

// How far a stream is behind a partition of Kafka.
struct PartitionLag {
  std::string job;
  std::string source;
  std::string partition;
  std::int64_t next = 0;              // the offset that is read next, as the tables have it
  std::optional<std::int64_t> end{};  // of what is committed there; absent if it couldn't be asked
  // Offsets a second over the job's newest batches, from the begin of the first to the end of the
  // last; absent where none of them read the partition.
  std::optional<double> rate{};

  std::optional<std::int64_t> lag() const {
    return end ? std::optional(*end - next) : std::nullopt;
  }
};

// Of all streams of the project that read Kafka; by job, source and partition. What can't be
// reached is logged and left out.
std::vector<PartitionLag> LagOfPartitions(Services& services);

// Offsets a second of "source/partition" over `batches`, by time.
std::optional<double> RateOf(const std::string& place, const std::vector<jobs::RunRecord>& batches);

}  // namespace weir::cli
