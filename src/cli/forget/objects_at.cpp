#include "cli/forget/objects_at.h"

#include <filesystem>
#include <map>
#include <string_view>

#include "base/ascii.h"
#include "connectors/files/local_path.h"
#include "storage/stores.h"

namespace weir::cli {
namespace {

// A store at the folder that a URL lies in, and the URL's last part; empty for a bucket.
struct OpenedPlace {
  std::shared_ptr<storage::ObjectStore> store;
  std::string last;
};

OpenedPlace OpenPlace(sql::Database& database, const std::string& url) {
  const std::string place(WithoutEndSlashes(url));
  const std::size_t behind_bucket = place.find('/', place.find("://") + 3);
  if (behind_bucket == std::string::npos) {
    return {.store = database.stores().Open(place), .last = ""};
  }
  const std::size_t slash = place.rfind('/');
  return {.store = database.stores().Open(place.substr(0, slash)), .last = place.substr(slash + 1)};
}

}  // namespace

std::vector<StoredObject> ObjectsAt(sql::Database& database, const std::vector<std::string>& urls) {
  std::map<std::string, StoredObject> objects;
  for (const std::string& url : urls) {
    const auto [store, last] = OpenPlace(database, url);
    if (const auto access = store->s3_access()) {
      database.Allow(*access);
    }
    for (const storage::ObjectInfo& object : store->List(last)) {
      const std::string_view behind = std::string_view(object.key).substr(last.size());
      if (last.empty() || behind.empty() || behind.starts_with('/')) {
        objects.emplace(store->Url(object.key),
                        StoredObject{.url = store->Url(object.key),
                                     .store = store,
                                     .key = object.key,
                                     .size = static_cast<std::int64_t>(object.size),
                                     .etag = object.etag});
      }
    }
  }
  std::vector<StoredObject> all;
  all.reserve(objects.size());
  for (auto& [url, object] : objects) {
    all.push_back(std::move(object));
  }
  return all;
}

bool IsThere(sql::Database& database, const std::string& place) {
  if (!connectors::IsS3Url(place)) {
    return std::filesystem::exists(place);
  }
  const auto [store, last] = OpenPlace(database, place);
  return store->Head(last).has_value();
}

}  // namespace weir::cli
