#include "cli/services.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "connectors/project_stores.h"

namespace weir::cli {
namespace {

// The folder of a URL; a bucket's is the bucket itself.
std::string ParentOf(std::string_view url) {
  url = WithoutEndSlashes(url);
  const auto slash = url.rfind('/');
  return std::string(slash > url.find("://") + 2 ? url.substr(0, slash) : url);
}

// The warehouse that a table lies in, two folders down, if runs have left their intents there; else
// the folder that it lies in, where it has no name but its path.
std::string WarehouseAround(std::string_view table, const storage::Stores& stores) {
  if (table.find("://") != std::string_view::npos) {
    const std::string folder = ParentOf(table);
    const std::string around = ParentOf(folder);
    return stores.Open(around)->List("_weir/").empty() ? folder : around;
  }
  const std::string path = std::filesystem::absolute(table).lexically_normal().string();
  const std::filesystem::path folder = (std::filesystem::path(path) / "..").lexically_normal();
  const std::filesystem::path around = (folder / "..").lexically_normal();
  return (std::filesystem::is_directory(around / "_weir") ? around : folder).string();
}

bool IsPath(std::string_view name) {
  return name.find('/') != std::string_view::npos || name == "." || name == "..";
}

}  // namespace

Services::Services(CommonOptions options, std::stop_token stop, std::ostream& out)
    : options_(std::move(options)), stop_(std::move(stop)), out_(out) {}

Services::~Services() = default;

const project::Project* Services::FindProject() {
  if (!looked_for_project_) {
    if (const auto folder = project::FindProjectFolder(options_.project_folder)) {
      project_ = project::LoadSettings(*folder, {.environment = options_.environment});
    }
    looked_for_project_ = true;  // a wrong one throws each time
  }
  return project_ ? &*project_ : nullptr;
}

const project::Project& Services::project() {
  project_folder();
  return *FindProject();
}

std::filesystem::path Services::project_folder() const {
  const auto folder = project::FindProjectFolder(options_.project_folder);
  if (!folder) {
    throw UserError(
        "there is no weir.yaml in {} or above it; 'weir new DIR' makes a project, '-C DIR' names "
        "one that lies elsewhere",
        std::filesystem::current_path().string());
  }
  return *folder;
}

const storage::Stores& Services::stores() {
  if (!stores_) {
    const project::Project* project = FindProject();
    stores_ = project == nullptr ? std::make_shared<const storage::Stores>()
                                 : connectors::StoresOf(*project);
  }
  return *stores_;
}

sql::Database& Services::database() {
  if (!database_) {
    stores();
    database_ = std::make_unique<sql::Database>(
        sql::DatabaseOptions{.memory_bytes = options_.memory_bytes,
                             .threads = options_.threads,
                             .spill_folder = SpillFolderOf(FindProject()),
                             .stores = stores_});
  }
  return *database_;
}

lake::Warehouse& Services::OpenWarehouse(const std::string& url) {
  if (!warehouse_) {
    warehouse_ = std::make_unique<lake::Warehouse>(url, database());
    warehouse_->connection().SetStopToken(stop_);
  }
  return *warehouse_;
}

lake::Warehouse& Services::warehouse() { return OpenWarehouse(project().warehouse); }

lake::Warehouse* Services::FindWarehouse() {
  return FindProject() == nullptr ? nullptr : &warehouse();
}

lake::Warehouse* Services::other_warehouse() {
  const project::Environment* other =
      FindProject() == nullptr ? nullptr : project().OtherEnvironment();
  if (!other_warehouse_ && other != nullptr) {
    other_warehouse_ =
        std::make_unique<lake::Warehouse>(other->warehouse, database(), lake::Access::kRead);
    other_warehouse_->connection().SetStopToken(stop_);
  }
  return other_warehouse_.get();
}

lake::Warehouse& Services::WarehouseOf(std::string_view name_or_path) {
  if (FindProject() != nullptr || !IsPath(name_or_path)) {
    return warehouse();
  }
  return OpenWarehouse(WarehouseAround(name_or_path, stores()));
}

jobs::Ledger& Services::ledger() {
  if (!ledger_) {
    ledger_ = std::make_unique<jobs::Ledger>(warehouse(), ledger_cache());
    ledger_->Refresh();
  }
  return *ledger_;
}

std::filesystem::path Services::ledger_cache() {
  return project().ScratchFolder() / "cache" / (project().environment.name + ".sqlite");
}

std::filesystem::path SpillFolderOf(const project::Project* project) {
  return (project == nullptr ? project::TemporaryFolder() : project->ScratchFolder()) / "spill";
}

}  // namespace weir::cli
