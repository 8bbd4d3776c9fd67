#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/object_store.h"
#include "storage/s3/s3_client.h"

namespace weir::storage {

// One line of a project's `stores:`.
struct StoreLine {
  std::string name;
  std::vector<std::string> prefixes;  // "s3://bucket/some/prefix", or absolute paths
  S3Settings s3{};
  bool read_only = false;
};

// Where paths and URLs lie. Each belongs to the line with its longest prefix; a URL on S3 that
// belongs to none is reached as the environment says (EnvironmentSettings()). A prefix holds whole
// parts: "s3://a/b" is no prefix of "s3://a/bc". Thread-safe; stores of one bucket and line share
// their connections.
class Stores {
 public:
  Stores() = default;
  explicit Stores(std::vector<StoreLine> lines);

  // As OpenStore().
  std::unique_ptr<ObjectStore> Open(std::string_view url) const;
  // Throws UserError if `path` lies in a store that is read_only.
  void CheckWritable(std::string_view path) const;

 private:
  // Null if it belongs to none.
  const StoreLine* Find(std::string_view path) const;

  std::vector<StoreLine> lines_;
  mutable std::mutex mutex_;
  // By the line and the bucket.
  mutable std::map<std::pair<const StoreLine*, std::string>, std::shared_ptr<const S3Client>>
      clients_;
};

}  // namespace weir::storage
