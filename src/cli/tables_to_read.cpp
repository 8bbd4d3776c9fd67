#include "cli/tables_to_read.h"

#include "lake/snapshot.h"

namespace weir::cli {

lake::TableFolder FolderToRead(Services& services, const std::string& table) {
  lake::TableFolder own = services.warehouse().FolderOf(table);
  lake::Warehouse* other = services.other_warehouse();
  if (other == nullptr || lake::LatestVersion(own) >= 0) {
    return own;
  }
  lake::TableFolder there = other->FolderOf(table);
  return lake::LatestVersion(there) >= 0 ? there : own;
}

bool IsTableToRead(Services& services, const std::string& table) {
  return lake::LatestVersion(FolderToRead(services, table)) >= 0;
}

void ReadAllTables(Services& services, lake::QuerySession& session) {
  session.SetStopToken(services.stop());
  if (lake::Warehouse* other = services.other_warehouse()) {
    session.AlsoRead(*other);
  }
}

}  // namespace weir::cli
