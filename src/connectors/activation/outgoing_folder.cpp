#include "connectors/activation/outgoing_folder.h"

#include <utility>

#include "base/error.h"
#include "connectors/files/local_path.h"
#include "connectors/files/temporary_target.h"
#include "storage/stores.h"

namespace weir::connectors {

namespace fs = std::filesystem;

OutgoingFolder::OutgoingFolder(const storage::Stores& stores, const fs::path& project_folder,
                               const std::string& setting)
    : url_(FolderUrl(project_folder, setting)) {
  url_ = url_.substr(0, url_.find_last_not_of('/') + 1);
  stores.CheckWritable(url_);
  store_ = stores.Open(url_);
}

std::optional<std::int64_t> OutgoingFolder::SizeOf(const std::string& name) const {
  const auto info = store_->Head(name);
  return info ? std::optional(static_cast<std::int64_t>(info->size)) : std::nullopt;
}

// A store on this machine would have the file in memory.
void OutgoingFolder::Put(const std::string& name, const fs::path& file) {
  if (!store_->is_local()) {
    store_->PutFile(name, file);
    return;
  }
  const fs::path place = fs::path(url_) / name;
  TemporaryTarget target(place, place.filename().string());
  fs::copy_file(file, target.path());
  target.Publish();
}

std::vector<std::string> OutgoingFolder::NamesIn(const std::string& below,
                                                 const std::string& prefix) const {
  std::vector<std::string> names;
  for (const storage::ObjectInfo& object :
       store_->List(below + prefix, {.start_after = {}, .recursive = false, .names_only = true})) {
    names.push_back(object.key.substr(below.size()));
  }
  return names;
}

void CheckOutgoingFolder(const char* setting, const std::string& text) {
  const bool has_scheme = text.find("://") != std::string::npos;
  if (has_scheme && !IsS3Url(text) && !text.starts_with("file://")) {
    throw UserError(
        "setting '{}' is '{}'; a folder of this machine or s3://bucket/folder is allowed", setting,
        text);
  }
}

}  // namespace weir::connectors
