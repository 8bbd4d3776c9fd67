#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string_view>

#include "cli/common_options.h"
#include "jobs/ledger/ledger.h"
#include "lake/warehouse.h"
#include "project/project.h"
#include "sql/database.h"
#include "storage/stores.h"

namespace weir::cli {

// What commands work with, each made when it is first asked for. Made by main, for one command.
class Services {
 public:
  // `out` takes results and must outlive the services.
  Services(CommonOptions options, std::stop_token stop, std::ostream& out);
  ~Services();
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  const CommonOptions& options() const { return options_; }
  std::stop_token stop() const { return stop_; }
  std::ostream& out() { return out_; }

  // Null outside a project. Throws UserError for one whose weir.yaml is wrong.
  const project::Project* FindProject();
  // Throws UserError outside a project.
  const project::Project& project();
  // Its folder, whatever is wrong with its files. Throws UserError outside a project.
  std::filesystem::path project_folder() const;

  // Where paths and URLs lie: as the project says, or the environment outside one. Lives as long as
  // the services.
  const storage::Stores& stores();
  sql::Database& database();
  // The project's. Throws UserError outside a project.
  lake::Warehouse& warehouse();
  // The project's, or null outside one.
  lake::Warehouse* FindWarehouse();
  // That of the environment whose tables are read where the project's own lacks them, only to be
  // read; null without one, and outside a project.
  lake::Warehouse* other_warehouse();
  // The one to find a table with: the project's. Outside a project only paths can be found.
  lake::Warehouse& WarehouseOf(std::string_view name_or_path);
  // The runs in the project's warehouse, for a look at them alone; up to date. Throws UserError
  // outside a project.
  jobs::Ledger& ledger();
  // Where the ledger of the environment keeps its cache.
  std::filesystem::path ledger_cache();

 private:
  lake::Warehouse& OpenWarehouse(const std::string& url);

  CommonOptions options_;
  std::stop_token stop_;
  std::ostream& out_;
  bool looked_for_project_ = false;
  std::optional<project::Project> project_;
  std::shared_ptr<const storage::Stores> stores_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<lake::Warehouse> warehouse_;
  std::unique_ptr<lake::Warehouse> other_warehouse_;
  std::unique_ptr<jobs::Ledger> ledger_;
};

// Where databases spill to: `spill` in the project's scratch folder or, outside of projects, in the
// user's temporary one.
std::filesystem::path SpillFolderOf(const project::Project* project);

}  // namespace weir::cli
