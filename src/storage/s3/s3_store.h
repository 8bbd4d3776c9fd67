#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/object_store.h"
#include "storage/s3/s3_client.h"

namespace weir::storage {

// "s3://bucket/some/prefix".
struct S3Url {
  std::string bucket;
  std::string prefix;  // without '/' at its ends; may be empty
};

// Throws UserError for a text that is no such URL.
S3Url ParseS3Url(std::string_view url);

// The objects of a bucket below a prefix, on S3 or a server that speaks its protocol and knows
// conditional writes (If-None-Match). Their requests are tried again as RetryPolicy says.
//
// PutIfAbsent() finds out after a lost answer whether its own try won, by the object's bytes: those
// of two writers that must not both win have to differ.
class S3Store final : public ObjectStore {
 public:
  S3Store(const S3Url& url, const S3Settings& settings);
  S3Store(std::shared_ptr<const S3Client> client, std::string prefix);

  std::string root() const override;
  std::string Url(std::string_view key) const override;
  std::unique_ptr<ObjectStore> Below(std::string_view prefix) const override;
  std::optional<std::string> Get(std::string_view key) const override;
  std::string GetRange(std::string_view key, std::uint64_t offset,
                       std::uint64_t length) const override;
  std::optional<ObjectInfo> Head(std::string_view key) const override;
  void Put(std::string_view key, std::string_view bytes) override;
  bool PutIfAbsent(std::string_view key, std::string_view bytes) override;
  void Delete(std::string_view key) override;
  std::vector<ObjectInfo> List(std::string_view prefix, const ListOptions& options) const override;
  std::vector<std::string> ListFolders(std::string_view prefix) const override;
  bool is_local() const override { return false; }
  std::optional<S3Access> s3_access() const override;
  void PutFile(std::string_view key, const std::filesystem::path& file) override;
  // As PutFileIfUnchanged() of conditional_put.h, by If-Match; `etag` isn't empty. Finds out after
  // a lost answer as PutIfAbsent() does.
  bool PutFileIfMatch(std::string_view key, const std::filesystem::path& file,
                      const std::string& etag);
  void MakeDurable(std::span<const std::string> keys) override;
  void MakeFolder(std::string_view prefix) override;
  void RemoveEmptyFolders(std::string_view prefix) override;
  std::vector<ObjectInfo> ListLeftovers(std::string_view prefix) const override;
  std::unique_ptr<StoreLock> Lock(std::string_view key) override;

  const S3Client& client() const { return *client_; }
  // Put() and PutIfAbsent() of an object that fits in one request, without the points at which
  // tests kill writers: for locks.
  void Replace(std::string_view key, std::string_view bytes);
  bool PutNew(std::string_view key, std::string_view bytes);

 private:
  struct Page;
  struct Listing;
  // The key within the bucket.
  std::string KeyOf(std::string_view key) const;
  Listing ListAll(std::string_view prefix, const ListOptions& options) const;
  void CheckWritable(std::string_view action, std::string_view key) const;

  std::shared_ptr<const S3Client> client_;
  std::string prefix_;  // empty, or ending in '/'
};

}  // namespace weir::storage
