#include "storage/stores.h"

#include <filesystem>

#include "base/ascii.h"
#include "base/error.h"
#include "storage/local_store.h"
#include "storage/s3/s3_store.h"

namespace weir::storage {
namespace {

constexpr auto kAllowedPlaces = "a local path, file:// or s3://bucket/prefix";
constexpr std::string_view kFileScheme = "file://";

bool HoldsPath(std::string_view prefix, std::string_view path) {
  prefix = WithoutEndSlashes(prefix);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

Stores::Stores(std::vector<StoreLine> lines) : lines_(std::move(lines)) {
  for (StoreLine& line : lines_) {
    line.s3.name = line.name;
    line.s3.read_only = line.read_only;
  }
}

const StoreLine* Stores::Find(std::string_view path) const {
  const StoreLine* found = nullptr;
  std::size_t longest = 0;
  for (const StoreLine& line : lines_) {
    for (const std::string& prefix : line.prefixes) {
      if (HoldsPath(prefix, path) && prefix.size() >= longest) {
        found = &line;
        longest = prefix.size();
      }
    }
  }
  return found;
}

std::unique_ptr<ObjectStore> Stores::Open(std::string_view url) const {
  if (url.starts_with("s3://")) {
    const S3Url place = ParseS3Url(url);
    const StoreLine* line = Find(url);
    const std::scoped_lock lock(mutex_);
    auto& client = clients_[{line, place.bucket}];
    if (!client) {
      client = std::make_shared<const S3Client>(place.bucket,
                                                line == nullptr ? EnvironmentSettings() : line->s3);
    }
    return std::make_unique<S3Store>(client, place.prefix);
  }
  if (url.starts_with(kFileScheme)) {
    url.remove_prefix(kFileScheme.size());
  } else if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    throw UserError("can't open {}: unknown scheme '{}'; allowed: {}", url, url.substr(0, scheme),
                    kAllowedPlaces);
  }
  if (url.empty()) {
    throw UserError("can't open an empty path; allowed: {}", kAllowedPlaces);
  }
  return std::make_unique<LocalStore>(std::filesystem::path(url));
}

void Stores::CheckWritable(std::string_view path) const {
  if (const StoreLine* line = Find(path); line != nullptr && line->read_only) {
    throw UserError("can't write {}: store '{}' of weir.yaml is read_only", path, line->name);
  }
}

}  // namespace weir::storage
