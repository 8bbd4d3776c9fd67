#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace weir::storage {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  Micros modified = 0;
  std::string etag{};  // of an object on S3: other bytes, another one; else empty

  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct ListOptions {
  std::string start_after;  // only keys after this one, bytewise
  bool recursive = true;    // false: only objects directly below the prefix (up to its last '/')
  // Without sizes and times (0) where each costs a question, as on a local disk.
  bool names_only = false;
};

// Held while it lives; freed also when its process is killed.
class StoreLock {
 public:
  virtual ~StoreLock() = default;
  // Throws ExternalError unless it is held for sure, and long enough for one more write: a lock on
  // another machine may be given to others while this process stood still.
  virtual void Check() const = 0;
};

// How others, such as DuckDB, reach the objects of a store on S3.
struct S3Access {
  std::string scope;     // the URL that the objects' URLs begin with
  std::string endpoint;  // host and port
  bool use_tls = true;
  bool path_style = false;
  std::string region;
  std::string access_key;
  std::string secret_key;
  std::string session_token;

  friend bool operator==(const S3Access&, const S3Access&) = default;
};

// Objects below one root (a folder; a bucket with a prefix), named by keys: paths relative to the
// root with '/' between parts, no part "." or "..". Thread-safe. Every failure of the store is an
// ExternalError that names the object.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // The root as users write it.
  virtual std::string root() const = 0;
  // Where DuckDB opens the object.
  virtual std::string Url(std::string_view key) const = 0;

  // The store whose root is the folder `prefix` (without '/' at its end) of this one.
  virtual std::unique_ptr<ObjectStore> Below(std::string_view prefix) const = 0;
  // Whether Url() is a path that a writer may write to. If not, objects come by PutFile().
  virtual bool is_local() const = 0;
  // Nothing for a store that isn't on S3. Throws as requests do where there are no keys.
  virtual std::optional<S3Access> s3_access() const { return std::nullopt; }

  // The whole object; nothing if there is none.
  virtual std::optional<std::string> Get(std::string_view key) const = 0;
  // Bytes [offset, offset + length) of an object that exists, fewer at its end.
  virtual std::string GetRange(std::string_view key, std::uint64_t offset,
                               std::uint64_t length) const = 0;
  virtual std::optional<ObjectInfo> Head(std::string_view key) const = 0;

  // Writes or replaces an object: readers see the old bytes or the new. Durable on return.
  virtual void Put(std::string_view key, std::string_view bytes) = 0;
  // Writes a file of this machine as an object; the file stays. As Put() else.
  virtual void PutFile(std::string_view key, const std::filesystem::path& file) = 0;
  // Writes an object unless there is one; false if there is. Durable on return.
  virtual bool PutIfAbsent(std::string_view key, std::string_view bytes) = 0;
  // Deletes an object; it may be gone already.
  virtual void Delete(std::string_view key) = 0;

  // Objects whose key begins with `prefix`, in bytewise order of their keys. None if there is no
  // such folder. Half-written objects of a killed writer are not among them.
  virtual std::vector<ObjectInfo> List(std::string_view prefix,
                                       const ListOptions& options = {}) const = 0;
  // Names of the folders directly below `prefix` (empty, or ending in '/'), sorted.
  virtual std::vector<std::string> ListFolders(std::string_view prefix) const = 0;

  // Makes objects that another writer (DuckDB) wrote below this root survive a power cut.
  virtual void MakeDurable(std::span<const std::string> keys) = 0;
  // Prepares for a writer that can't make folders itself.
  virtual void MakeFolder(std::string_view prefix) = 0;

  // Removes folders below `prefix` (and itself) that hold no objects; none must be writing there.
  virtual void RemoveEmptyFolders(std::string_view prefix) = 0;

  // Leftovers of killed writers, such as half-written objects, below `prefix`.
  virtual std::vector<ObjectInfo> ListLeftovers(std::string_view prefix) const = 0;

  // Waits for the lock named by `key` and takes it. One holder at a time, among all processes that
  // use this store, but for a process that stands still for a minute: StoreLock::Check().
  virtual std::unique_ptr<StoreLock> Lock(std::string_view key) = 0;
};

// Opens the store whose root is `url`: a local path, "file://…", or "s3://bucket/prefix" with what
// the environment says of servers and keys. Relative paths are taken from the working folder.
// Throws UserError for a scheme that is not known.
std::unique_ptr<ObjectStore> OpenStore(std::string_view url);

}  // namespace weir::storage
