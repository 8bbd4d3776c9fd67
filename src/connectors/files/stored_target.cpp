#include "connectors/files/stored_target.h"

#include <set>

#include "base/error.h"
#include "storage/stores.h"

namespace weir::connectors {

StoredTarget::StoredTarget(sql::Database& database, sql::Connection& connection,
                           const std::string& url)
    : folder_(connection) {
  const std::string target = url.substr(0, url.find_last_not_of('/') + 1);
  const auto slash = target.rfind('/');
  if (slash < std::string("s3://b").size()) {
    throw UserError("'{}' names a bucket; a file or folder in it is needed: s3://bucket/name", url);
  }
  database.stores().CheckWritable(target);
  store_ = database.stores().Open(target.substr(0, slash));
  name_ = target.substr(slash + 1);
  path_ = folder_.path() / name_;
}

void StoredTarget::Publish() {
  if (std::filesystem::is_directory(path_)) {
    PublishFolder();
  } else {
    store_->PutFile(name_, path_);
  }
}

void StoredTarget::PublishFolder() {
  std::set<std::string> written;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    if (entry.is_regular_file()) {
      const std::string key = entry.path().lexically_relative(folder_.path()).string();
      store_->PutFile(key, entry.path());
      written.insert(key);
    }
  }
  for (const storage::ObjectInfo& object : store_->List(name_ + "/")) {
    if (!written.contains(object.key)) {
      store_->Delete(object.key);
    }
  }
}

}  // namespace weir::connectors
