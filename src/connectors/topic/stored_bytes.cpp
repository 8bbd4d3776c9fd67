#include "connectors/topic/stored_bytes.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr std::size_t kStoredChunk = std::size_t{1} << 18;
constexpr std::size_t kReadAhead = std::size_t{8} << 20U;  // of a request to a server
constexpr std::int64_t kHead = std::int64_t{64} << 10;

class PlainBytes : public StoredBytes {
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

// What both decompressors share: stored bytes a chunk at a time.
class PackedBytes : public StoredBytes {
 public:
  PackedBytes(const storage::ObjectStore& store, const std::string& key)
      : url_(store.Url(key)), stored_(store, key) {}

 protected:
  // False at the file's end. Only when what was there is used up.
  bool Refill() {
    chunk_.clear();
    stored_.Append(kStoredChunk, chunk_);
    consumed_ += chunk_.size();
    return !chunk_.empty();
  }
  const std::string& chunk() const { return chunk_; }

  // `left`: bytes of the chunk that weren't used.
  [[noreturn]] void Refuse(std::string_view what, std::size_t left) const {
    throw UserError("{}: {} at byte {}; move the file away or replace it by a whole one", url_,
                    what, consumed_ - left);
  }

 private:
  std::string url_;
  PlainBytes stored_;
  std::string chunk_;
  std::size_t consumed_ = 0;
};

class GzipBytes final : public PackedBytes {
 public:
  GzipBytes(const storage::ObjectStore& store, const std::string& key) : PackedBytes(store, key) {
    constexpr int kGzipWindow = 15 + 16;
    if (inflateInit2(&inflater_, kGzipWindow) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  ~GzipBytes() override { inflateEnd(&inflater_); }

  void Append(std::size_t wanted, std::string& bytes) override {
    const std::size_t before = bytes.size();
    bytes.resize(before + wanted);
    inflater_.next_out = reinterpret_cast<Bytef*>(bytes.data() + before);
    inflater_.avail_out = static_cast<uInt>(wanted);
    while (inflater_.avail_out > 0 && Step()) {
    }
    bytes.resize(before + wanted - inflater_.avail_out);
  }

 private:
  // False at the end.
  bool Step() {
    if (inflater_.avail_in == 0) {
      if (!Refill()) {
        if (is_inside_) {
          Refuse("the gzip data is cut off", 0);
        }
        return false;
      }
      // zlib's interface lacks the const; it only reads.
      inflater_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(chunk().data()));
      inflater_.avail_in = static_cast<uInt>(chunk().size());
    }
    is_inside_ = true;
    const int outcome = inflate(&inflater_, Z_NO_FLUSH);
    if (outcome == Z_STREAM_END) {
      is_inside_ = false;
      inflateReset(&inflater_);
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
      Refuse("the gzip data is damaged", inflater_.avail_in);
    }
    return true;
  }

  z_stream inflater_{};
  bool is_inside_ = false;  // of a member
};

class ZstdBytes final : public PackedBytes {
 public:
  ZstdBytes(const storage::ObjectStore& store, const std::string& key)
      : PackedBytes(store, key), decoder_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

  void Append(std::size_t wanted, std::string& bytes) override {
    const std::size_t before = bytes.size();
    bytes.resize(before + wanted);
    ZSTD_outBuffer output{.dst = bytes.data() + before, .size = wanted, .pos = 0};
    while (output.pos < output.size && Step(output)) {
    }
    bytes.resize(before + output.pos);
  }

 private:
  // False at the end.
  bool Step(ZSTD_outBuffer& output) {
    if (input_.pos == input_.size && !is_full_) {
      if (!Refill()) {
        if (is_inside_) {
          Refuse("the zstd data is cut off", 0);
        }
        return false;
      }
      input_ = {.src = chunk().data(), .size = chunk().size(), .pos = 0};
    }
    const std::size_t rest = ZSTD_decompressStream(decoder_.get(), &output, &input_);
    if (ZSTD_isError(rest) != 0) {
      Refuse("the zstd data is damaged", input_.size - input_.pos);
    }
    is_inside_ = rest != 0;
    is_full_ = output.pos == output.size && is_inside_;  // there may be more without new input
    return true;
  }

  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> decoder_;
  ZSTD_inBuffer input_{};
  bool is_inside_ = false;
  bool is_full_ = false;
};

}  // namespace

Packing PackingOf(std::string_view file) {
  return file.ends_with(".gz")    ? Packing::kGzip
         : file.ends_with(".zst") ? Packing::kZstd
                                  : Packing::kPlain;
}

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
  switch (PackingOf(key)) {
    case Packing::kGzip:
      return std::make_unique<GzipBytes>(store, key);
    case Packing::kZstd:
      return std::make_unique<ZstdBytes>(store, key);
    case Packing::kPlain:
      break;
  }
  return std::make_unique<PlainBytes>(store, key);
}

std::string HeadOf(const storage::ObjectStore& store, const std::string& key, std::int64_t size) {
  const std::string bytes =
      store.GetRange(key, 0, static_cast<std::uint64_t>(std::min(size, kHead)));
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace weir::connectors
