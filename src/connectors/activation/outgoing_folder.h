#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/object_store.h"

namespace weir::storage {
class Stores;
}

namespace weir::connectors {

// A folder of this machine, or of a bucket, from which somebody else fetches. Files appear whole.
// One thread; throws ExternalError for what the store refuses.
class OutgoingFolder {
 public:
  // `setting`: relative to the project's folder, or "s3://bucket/…". Throws UserError for a store
  // that is read_only.
  OutgoingFolder(const storage::Stores& stores, const std::filesystem::path& project_folder,
                 const std::string& setting);

  // In bytes; absent if there is no such file.
  std::optional<std::int64_t> SizeOf(const std::string& name) const;
  // Puts a copy of `file` there, in the place of one that has the name.
  void Put(const std::string& name, const std::filesystem::path& file);
  // Names of the files in `below` (such as "done/") that begin with `prefix`, sorted.
  std::vector<std::string> NamesIn(const std::string& below, const std::string& prefix) const;
  std::string TextOf(const std::string& name) const { return url_ + "/" + name; }

 private:
  std::string url_;
  std::unique_ptr<storage::ObjectStore> store_;
};

// What is wrong with a setting that names such a folder: UserError.
void CheckOutgoingFolder(const char* setting, const std::string& text);

}  // namespace weir::connectors
