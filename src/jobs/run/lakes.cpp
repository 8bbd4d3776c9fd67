#include "jobs/run/lakes.h"

namespace weir::jobs {

Lakes::Lakes(const project::Project& project, sql::Database& database)
    : own_(std::make_unique<lake::Warehouse>(project.warehouse, database)) {
  if (const project::Environment* other = project.OtherEnvironment()) {
    other_ = std::make_unique<lake::Warehouse>(other->warehouse, database, lake::Access::kRead);
    other_name_ = other->name;
  }
}

lake::Warehouse& Lakes::Of(const std::string& table) {
  if (const auto pinned = pinned_.find(table); pinned != pinned_.end()) {
    return pinned->second ? *other_ : *own_;
  }
  const auto holds = [&](lake::Warehouse& warehouse) {
    return lake::LatestVersion(warehouse.FolderOf(table)) >= 0;
  };
  return other_ && !holds(*own_) && holds(*other_) ? *other_ : *own_;
}

}  // namespace weir::jobs
