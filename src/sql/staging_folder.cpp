#include "sql/staging_folder.h"

#include <string>
#include <system_error>
#include <variant>

#include "base/error.h"
#include "base/run_id.h"

namespace weir::sql {

StagingFolder::StagingFolder(Connection& connection) {
  const auto spill =
      std::get<std::string>(connection.Query("SELECT current_setting('temp_directory')").Cell());
  std::error_code unknown;
  const std::filesystem::path parent =
      spill.empty() ? std::filesystem::temp_directory_path(unknown) : std::filesystem::path(spill);
  path_ = (parent.empty() ? "/tmp" : parent) / ("weir-staging-" + NewUuid());
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) {
    throw ExternalError("can't make folder {}: {}", path_.string(), error.message());
  }
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace weir::sql
