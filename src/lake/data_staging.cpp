#include "lake/data_staging.h"

#include <filesystem>

#include "base/failpoint.h"
#include "base/parallel.h"

namespace weir::lake {

DataStaging::DataStaging(sql::Connection& connection, const TableFolder& table) : table_(table) {
  if (!table.store->is_local()) {
    folder_.emplace(connection);
  }
}

std::string DataStaging::PathOf(const std::string& key) const {
  return folder_ ? (folder_->path() / key).string() : table_.store->Url(key);
}

void DataStaging::MakeFolder(const std::string& prefix) {
  if (!folder_) {
    table_.store->MakeFolder(prefix);
  } else {
    std::filesystem::create_directories(folder_->path() / prefix);
  }
}

void DataStaging::Publish(std::span<const std::string> keys) {
  constexpr int kUploadsAtOnce = 4;
  if (folder_) {
    ParallelFor(keys.size(), kUploadsAtOnce, [&](std::size_t i) {
      table_.store->PutFile(keys[i], folder_->path() / keys[i]);
      Failpoint("data:after-upload");
      std::filesystem::remove(folder_->path() / keys[i]);
    });
  }
  table_.store->MakeDurable(keys);
}

void DataStaging::Discard(const std::string& key) {
  if (!folder_ || !std::filesystem::remove(folder_->path() / key)) {
    table_.store->Delete(key);
  }
}

}  // namespace weir::lake
