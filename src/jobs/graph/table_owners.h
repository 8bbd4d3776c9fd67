#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "project/mistakes.h"
#include "project/project.h"

namespace weir::jobs {

// A line of `writes` of one instance of a job.
struct Owner {
  std::size_t job = 0;
  const project::Output* output = nullptr;
  std::string partition;  // of the job's list
  // The constant columns of its part of the table, filled in: the list's column among them where
  // that tells the instances apart.
  std::map<std::string, std::string> part;
};

// Who writes what, by table's name, names filled in.
using TableOwners = std::map<std::string, std::vector<Owner>>;

// Notes tables with two writers of the same rows, and writers that don't agree on the partitions.
TableOwners FindOwners(const project::Project& project, project::Mistakes& mistakes);

}  // namespace weir::jobs
