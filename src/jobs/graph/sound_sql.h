#pragma once

#include <map>
#include <mutex>
#include <string>

#include "project/project.h"
#include "sql/database.h"

namespace weir::jobs {

// Refuses jobs whose SQL CheckSql() finds mistakes in, so that nothing is run that `weir check`
// would refuse: what reads files or clocks would give results that no record explains. Looks at
// each job once. Thread-safe.
class SoundSql {
 public:
  // Throws UserError with all mistakes of the job's SQL.
  void Require(const project::Project& project, const project::Job& job,
               sql::Connection& connection);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> mistakes_;  // by job; empty: none
};

}  // namespace weir::jobs
