#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/database.h"
#include "storage/object_store.h"

namespace weir::cli {

// An object of a store that isn't on this machine.
struct StoredObject {
  std::string url;  // that DuckDB opens
  std::shared_ptr<storage::ObjectStore> store;
  std::string key;
  std::int64_t size = 0;
  std::string etag{};  // as it was listed
};

// The objects of a folder, or the one object, that each URL ("s3://bucket/prefix") names, by URL,
// each once; queries of the database may read them from then on. Throws ExternalError for what a
// store refuses.
std::vector<StoredObject> ObjectsAt(sql::Database& database, const std::vector<std::string>& urls);

// Whether there is such an object, or file of this machine.
bool IsThere(sql::Database& database, const std::string& place);

}  // namespace weir::cli
