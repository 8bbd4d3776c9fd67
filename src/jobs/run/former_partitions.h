#pragma once

#include <set>
#include <string>
#include <vector>

#include "jobs/plan/instance.h"
#include "lake/snapshot.h"
#include "project/project.h"

// Rows of partitions that weir.yaml lists no more, in tables that the partitions of a job share: no
// run replaces them, and who reads the table as a whole reads them.
namespace weir::jobs {

// A table that all instances of a `per:` job write, each its own part.
struct SharedTable {
  std::string per;
  const project::Output* output = nullptr;  // of the first instance
};

// Borrows the instances. Each table once.
std::vector<SharedTable> SharedTables(const project::Project& project,
                                      const std::vector<JobInstance>& instances);

// Whether the partition values of rows name a partition that the project's list hasn't.
bool IsFormer(const project::Project& project, const std::string& per,
              const lake::PartitionValues& values);

// For people, one for each former partition that the snapshot of the table has files of.
std::set<std::string> WarningsOfFormer(const project::Project& project, const SharedTable& table,
                                       const lake::Snapshot& snapshot);

}  // namespace weir::jobs
