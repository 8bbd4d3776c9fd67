#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sql/staging_folder.h"
#include "storage/object_store.h"

namespace weir::connectors {

// A file or folder on S3, written on this machine first. A file appears whole under its name or not
// at all; of a folder the new files appear one by one, then those that it held before and that
// aren't among them go. Not thread-safe.
class StoredTarget {
 public:
  // `url` begins with "s3://". Throws UserError for a store that is read_only.
  StoredTarget(sql::Database& database, sql::Connection& connection, const std::string& url);

  // Where to write.
  const std::filesystem::path& path() const { return path_; }
  // Uploads what was written.
  void Publish();

 private:
  void PublishFolder();

  std::unique_ptr<storage::ObjectStore> store_;  // the folder that the target lies in
  std::string name_;
  sql::StagingFolder folder_;
  std::filesystem::path path_;
};

}  // namespace weir::connectors
