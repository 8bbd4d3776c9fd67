#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/object_store.h"

namespace weir::storage {

// A folder of the local file system. Put-if-absent is a hard link of a finished file, then fsync of
// file and folder; a file system without hard links is refused by name.
class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(const std::filesystem::path& root);

  std::string root() const override;
  std::string Url(std::string_view key) const override;
  std::unique_ptr<ObjectStore> Below(std::string_view prefix) const override;
  bool is_local() const override { return true; }
  std::optional<std::string> Get(std::string_view key) const override;
  std::string GetRange(std::string_view key, std::uint64_t offset,
                       std::uint64_t length) const override;
  std::optional<ObjectInfo> Head(std::string_view key) const override;
  void Put(std::string_view key, std::string_view bytes) override;
  void PutFile(std::string_view key, const std::filesystem::path& file) override;
  bool PutIfAbsent(std::string_view key, std::string_view bytes) override;
  void Delete(std::string_view key) override;
  std::vector<ObjectInfo> List(std::string_view prefix, const ListOptions& options) const override;
  std::vector<std::string> ListFolders(std::string_view prefix) const override;
  void MakeDurable(std::span<const std::string> keys) override;
  void MakeFolder(std::string_view prefix) override;
  void RemoveEmptyFolders(std::string_view prefix) override;
  std::vector<ObjectInfo> ListLeftovers(std::string_view prefix) const override;
  std::unique_ptr<StoreLock> Lock(std::string_view key) override;

 private:
  std::filesystem::path PathOf(std::string_view key) const;
  std::vector<ObjectInfo> Walk(std::string_view prefix, const ListOptions& what,
                               bool leftovers) const;
  // Writes a finished, synced file beside `path` and returns its name.
  std::filesystem::path WriteBeside(const std::filesystem::path& path, std::string_view bytes);

  std::filesystem::path root_;
};

}  // namespace weir::storage
