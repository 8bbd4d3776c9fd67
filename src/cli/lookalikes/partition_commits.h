#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/services.h"
#include "lake/actions.h"

namespace weir::cli {

// The rows of a table for a region and a day.
struct PartitionName {
  std::string table;
  std::string region;
  std::string day;
};

struct TableCommit {
  std::string table;
  std::string day;  // of the rows that it wrote; empty: whatever a run read
  std::int64_t version = 0;
  lake::CommitInfo info;  // empty where the log no longer has the entry

  friend bool operator==(const TableCommit&, const TableCommit&) = default;
};

// The newest commit of each partition, and of each other table that the runs of these commits read
// the version they read. Tables that aren't there, or have no such commit, are left out.
std::vector<TableCommit> CommitsBehind(Services& services,
                                       const std::vector<PartitionName>& partitions);

}  // namespace weir::cli
