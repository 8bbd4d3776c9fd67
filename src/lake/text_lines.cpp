#include "lake/text_lines.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include <zlib.h>
#include <zstd.h>

#include "base/ascii.h"
#include "base/error.h"

namespace weir::lake {

// The unpacked bytes of a file.
class TextLines::Bytes {
 public:
  virtual ~Bytes() = default;
  // As many as there are at once, at most `into`; 0 at the end.
  virtual std::size_t Read(std::span<char> into) = 0;
};

namespace {

constexpr std::size_t kReadAtOnce = std::size_t{1} << 20U;

[[noreturn]] void FailToRead(const std::string& file) {
  throw ExternalError("{}", SystemMessage(file + ": it can't be read", errno));
}

// zlib reads plain files as they are, too.
class GzipBytes final : public TextLines::Bytes {
 public:
  explicit GzipBytes(std::string file) : file_(std::move(file)), in_(gzopen(file_.c_str(), "rb")) {
    if (in_ == nullptr) {
      FailToRead(file_);
    }
    gzbuffer(in_, kReadAtOnce);
  }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  ~GzipBytes() override { gzclose(in_); }

  std::size_t Read(std::span<char> into) override {
    const int read = gzread(in_, into.data(), static_cast<unsigned>(into.size()));
    int error = Z_OK;
    const char* const what = gzerror(in_, &error);
    if (error == Z_ERRNO) {
      FailToRead(file_);
    }
    if (read < 0 || error != Z_OK) {
      throw UserError("{}: its gzip data is damaged or cut off: {}", file_, what);
    }
    return static_cast<std::size_t>(read);
  }

 private:
  std::string file_;
  gzFile in_;
};

class ZstdBytes final : public TextLines::Bytes {
 public:
  explicit ZstdBytes(std::string file)
      : file_(std::move(file)),
        in_(std::fopen(file_.c_str(), "rb")),
        stream_(ZSTD_createDStream()),
        packed_(ZSTD_DStreamInSize()) {
    if (in_ == nullptr) {
      FailToRead(file_);
    }
  }
  ZstdBytes(const ZstdBytes&) = delete;
  ZstdBytes& operator=(const ZstdBytes&) = delete;
  ~ZstdBytes() override {
    ZSTD_freeDStream(stream_);
    if (in_ != nullptr) {
      std::fclose(in_);
    }
  }

  std::size_t Read(std::span<char> into) override {
    ZSTD_outBuffer out{.dst = into.data(), .size = into.size(), .pos = 0};
    while (out.pos == 0) {
      if (input_.pos == input_.size && !Refill()) {
        return Ended();
      }
      left_ = ZSTD_decompressStream(stream_, &out, &input_);
      if (ZSTD_isError(left_) != 0) {
        throw UserError("{}: its zstd data is damaged: {}", file_, ZSTD_getErrorName(left_));
      }
    }
    return out.pos;
  }

 private:
  bool Refill() {
    const std::size_t read = std::fread(packed_.data(), 1, packed_.size(), in_);
    if (read == 0 && std::ferror(in_) != 0) {
      FailToRead(file_);
    }
    input_ = {.src = packed_.data(), .size = read, .pos = 0};
    return read > 0;
  }

  std::size_t Ended() const {
    if (left_ != 0) {
      throw UserError("{}: its zstd data is cut off", file_);
    }
    return 0;
  }

  std::string file_;
  std::FILE* in_;
  ZSTD_DStream* stream_;
  std::vector<char> packed_;
  ZSTD_inBuffer input_{};
  std::size_t left_ = 0;  // of the frame, as zstd guesses; 0: it is whole
};

std::unique_ptr<TextLines::Bytes> OpenBytes(const std::string& file) {
  if (PackingOf(file) == Packing::kZstd) {
    return std::make_unique<ZstdBytes>(file);
  }
  return std::make_unique<GzipBytes>(file);
}

}  // namespace

Packing PackingOf(std::string_view file) {
  const std::string lower = LowerCase(file);
  if (lower.ends_with(".gz")) {
    return Packing::kGzip;
  }
  return lower.ends_with(".zst") ? Packing::kZstd : Packing::kPlain;
}

std::string_view PackingName(Packing packing) {
  switch (packing) {
    case Packing::kGzip:
      return "gzip";
    case Packing::kZstd:
      return "zstd";
    default:
      return "uncompressed";
  }
}

TextLines::TextLines(std::string file, std::stop_token stop)
    : file_(std::move(file)), stop_(std::move(stop)), bytes_(OpenBytes(file_)) {}

TextLines::~TextLines() = default;

std::optional<std::string_view> TextLines::Next() {
  std::size_t looked = begin_;
  std::size_t end = buffer_.find('\n', looked);
  while (end == std::string::npos && !at_end_) {
    looked = buffer_.size() - begin_;
    if (looked > kLongestLine) {
      throw UserError("{}:{}: the line is longer than {} MiB", file_, number_ + 1,
                      kLongestLine >> 20U);
    }
    at_end_ = !Fill();
    end = buffer_.find('\n', begin_ + looked);
  }
  is_ended_ = end != std::string::npos;
  if (!is_ended_ && begin_ == buffer_.size()) {
    return std::nullopt;
  }
  return Taken(is_ended_ ? end : buffer_.size());
}

std::string_view TextLines::Taken(std::size_t end) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = end + (is_ended_ ? 1 : 0);
  ++number_;
  if (number_ == 1 && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  return line;
}

// Moves what is left to the buffer's front and reads on behind it.
bool TextLines::Fill() {
  if (stop_.stop_requested()) {
    throw CancelledError();
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadAtOnce);
  const std::size_t read = bytes_->Read(std::span(buffer_).subspan(kept));
  buffer_.resize(kept + read);
  return read > 0;
}

}  // namespace weir::lake
