#pragma once

#include <memory>
#include <string>

#include "lake/warehouse.h"
#include "project/project.h"

namespace weir::jobs {

// The environment's warehouse, and the one of the environment that it reads from where it has no
// table of its own. For one thread: runs side by side have one each, on one database.
class Lakes {
 public:
  // Both must outlive it.
  Lakes(const project::Project& project, sql::Database& database);

  lake::Warehouse& own() { return *own_; }
  // The environment whose tables are read; empty without one.
  const std::string& other_name() const { return other_name_; }
  // Where a table is read: the own warehouse if it holds the table, or if the other one doesn't.
  lake::Warehouse& Of(const std::string& table);

 private:
  std::unique_ptr<lake::Warehouse> own_;
  std::unique_ptr<lake::Warehouse> other_;
  std::string other_name_;
};

}  // namespace weir::jobs
