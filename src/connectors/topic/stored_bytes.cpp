#include "connectors/topic/stored_bytes.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStoredChunk = std::size_t{1} << 18;
constexpr std::int64_t kHead = std::int64_t{64} << 10;

class PlainBytes : public StoredBytes {
 public:
  explicit PlainBytes(const fs::path& file) : path_(file), stream_(file, std::ios::binary) {
    Check();
  }

  void Append(std::size_t wanted, std::string& bytes) override {
    const std::size_t before = bytes.size();
    bytes.resize(before + wanted);
    stream_.read(bytes.data() + before, static_cast<std::streamsize>(wanted));
    bytes.resize(before + static_cast<std::size_t>(stream_.gcount()));
    if (stream_.bad()) {
      throw ExternalError("{}: can't be read", path_.string());
    }
  }

 private:
  void Check() const {
    if (!stream_) {
      throw ExternalError("{}: can't be opened", path_.string());
    }
  }

  fs::path path_;
  std::ifstream stream_;
};

// What both decompressors share: stored bytes a chunk at a time.
class PackedBytes : public StoredBytes {
 public:
  explicit PackedBytes(const fs::path& file) : path_(file), stored_(file) {}

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
    throw UserError("{}: {} at byte {}; move the file away or replace it by a whole one",
                    path_.string(), what, consumed_ - left);
  }

 private:
  fs::path path_;
  PlainBytes stored_;
  std::string chunk_;
  std::size_t consumed_ = 0;
};

class GzipBytes final : public PackedBytes {
 public:
  explicit GzipBytes(const fs::path& file) : PackedBytes(file) {
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
  explicit ZstdBytes(const fs::path& file)
      : PackedBytes(file), decoder_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

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

Packing PackingOf(const fs::path& file) {
  const std::string suffix = file.extension().string();
  return suffix == ".gz" ? Packing::kGzip : suffix == ".zst" ? Packing::kZstd : Packing::kPlain;
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

std::unique_ptr<StoredBytes> OpenStored(const fs::path& file) {
  switch (PackingOf(file)) {
    case Packing::kGzip:
      return std::make_unique<GzipBytes>(file);
    case Packing::kZstd:
      return std::make_unique<ZstdBytes>(file);
    case Packing::kPlain:
      break;
  }
  return std::make_unique<PlainBytes>(file);
}

std::string HeadOf(const fs::path& file, std::int64_t size) {
  std::string bytes;
  PlainBytes(file).Append(static_cast<std::size_t>(std::min(size, kHead)), bytes);
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace weir::connectors
