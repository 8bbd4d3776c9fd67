#pragma once

#include <filesystem>

#include "sql/database.h"

namespace weir::sql {

// A folder for files on their way to a store, beside what DuckDB spills. Goes with this object, or
// with the process's spill folder if that is killed.
class StagingFolder {
 public:
  // Throws ExternalError if it can't be made.
  explicit StagingFolder(Connection& connection);
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weir::sql
