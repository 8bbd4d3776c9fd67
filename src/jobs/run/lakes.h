#pragma once

#include <map>
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
  // That of the environment whose tables are read, which is only read; null without one.
  lake::Warehouse* other() { return other_.get(); }
  // The environment whose tables are read; empty without one.
  const std::string& other_name() const { return other_name_; }
  // Where a table is read: the own warehouse if it holds the table, or if the other one doesn't.
  lake::Warehouse& Of(const std::string& table);
  // From now on a table is read in one of the two, whichever holds it: in other() if `in_other`,
  // which must be there then.
  void Pin(const std::string& table, bool in_other) { pinned_[table] = in_other; }

 private:
  std::unique_ptr<lake::Warehouse> own_;
  std::unique_ptr<lake::Warehouse> other_;
  std::string other_name_;
  std::map<std::string, bool> pinned_;
};

}  // namespace weir::jobs
