#include "jobs/run/lakes.h"

#include <algorithm>

namespace weir::jobs {

Lakes::Lakes(const project::Project& project, sql::Database& database)
    : own_(std::make_unique<lake::Warehouse>(project.warehouse, database)) {
  const auto other = std::ranges::find(project.environments, project.environment.read_from,
                                       &project::Environment::name);
  if (!project.environment.read_from.empty() && other != project.environments.end()) {
    other_ = std::make_unique<lake::Warehouse>(other->warehouse, database);
    other_name_ = other->name;
  }
}

lake::Warehouse& Lakes::Of(const std::string& table) {
  const auto holds = [&](lake::Warehouse& warehouse) {
    return lake::LatestVersion(warehouse.FolderOf(table)) >= 0;
  };
  return other_ && !holds(*own_) && holds(*other_) ? *other_ : *own_;
}

}  // namespace weir::jobs
