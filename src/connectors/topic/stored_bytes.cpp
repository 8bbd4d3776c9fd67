#include "connectors/topic/stored_bytes.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/error.h"
#include "storage/unpacker.h"

namespace weir::connectors {
namespace {

constexpr std::size_t kStoredChunk = std::size_t{1} << 18;
constexpr std::size_t kReadAhead = std::size_t{8} << 20U;  // of a request to a server
constexpr std::int64_t kHead = std::int64_t{64} << 10;

class PlainBytes final : public StoredBytes {
 public:
  PlainBytes(const storage::ObjectStore& store, const std::string& key)
      : store_(store), key_(key) {}

  void Append(std::size_t wanted, std::string& bytes) override {
    if (used_ == ahead_.size()) {
      const std::size_t least = store_.is_local() ? 0 : kReadAhead;
      ahead_ = store_.GetRange(key_, offset_, std::max(wanted, least));
      offset_ += ahead_.size();
      used_ = 0;
    }
    const std::size_t given = std::min(wanted, ahead_.size() - used_);
    bytes.append(ahead_, used_, given);
    used_ += given;
  }

 private:
  const storage::ObjectStore& store_;
  std::string key_;
  std::uint64_t offset_ = 0;  // of what follows `ahead_`
  std::string ahead_;
  std::size_t used_ = 0;  // of `ahead_`
};

// The stored bytes of a packed file, a chunk at a time.
class PackedBytes final : public storage::PackedSource {
 public:
  PackedBytes(const storage::ObjectStore& store, const std::string& key)
      : url_(store.Url(key)), stored_(store, key) {}

  std::string_view Next() override {
    chunk_.clear();
    stored_.Append(kStoredChunk, chunk_);
    return chunk_;
  }

  UserError ErrorOf(const storage::PackingDamage& damage) const override {
    return UserError(
        "{}: the {} data is {} at byte {}; move the file away or replace it by a whole one", url_,
        storage::PackingName(storage::PackingOf(url_)), damage.is_cut_off ? "cut off" : "damaged",
        damage.position);
  }

 private:
  std::string url_;
  PlainBytes stored_;
  std::string chunk_;
};

class UnpackedBytes final : public StoredBytes {
 public:
  UnpackedBytes(const storage::ObjectStore& store, const std::string& key)
      : file_(store, key), unpacker_(storage::MakeUnpacker(storage::PackingOf(key), file_)) {}
  UnpackedBytes(const UnpackedBytes&) = delete;
  UnpackedBytes& operator=(const UnpackedBytes&) = delete;

  void Append(std::size_t wanted, std::string& bytes) override {
    std::size_t size = bytes.size();
    const std::size_t full = size + wanted;
    bytes.resize(full);
    std::size_t read = 1;
    while (size < full && read > 0) {
      read = unpacker_->Read(std::span(bytes).subspan(size));
      size += read;
    }
    bytes.resize(size);
  }

 private:
  PackedBytes file_;
  std::unique_ptr<storage::Unpacker> unpacker_;  // reads `file_`
};

}  // namespace

void StoredBytes::Skip(std::int64_t count) {
  std::string passed;
  while (count > 0) {
    passed.clear();
    Append(static_cast<std::size_t>(std::min<std::int64_t>(count, kStoredChunk)), passed);
    if (passed.empty()) {
      throw UserError("a file that was read before has become shorter");
    }
    count -= static_cast<std::int64_t>(passed.size());
  }
}

std::unique_ptr<StoredBytes> OpenStored(const storage::ObjectStore& store, const std::string& key) {
  if (storage::PackingOf(key) == storage::Packing::kPlain) {
    return std::make_unique<PlainBytes>(store, key);
  }
  return std::make_unique<UnpackedBytes>(store, key);
}

std::string HeadOf(const storage::ObjectStore& store, const std::string& key, std::int64_t size) {
  const std::string bytes =
      store.GetRange(key, 0, static_cast<std::uint64_t>(std::min(size, kHead)));
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace weir::connectors
