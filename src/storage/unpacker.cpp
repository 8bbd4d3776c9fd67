#include "storage/unpacker.h"

#include <new>
#include <stdexcept>

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/ascii.h"

namespace weir::storage {
namespace {

constexpr std::string_view kCutOff = "unexpected end of file";

std::string_view GzipError(int error) {
  switch (error) {
    case ISAL_INVALID_WRAPPER:
      return "incorrect header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
      return "incorrect checksum";
    default:
      return "invalid data";
  }
}

// The stored bytes at hand.
class PackedInput {
 public:
  explicit PackedInput(PackedSource& source) : source_(source) {}

  // The bytes after those that Next() gave before.
  std::string_view Next() {
    const std::string_view bytes = source_.Next();
    taken_ += bytes.size();
    return bytes;
  }

  // `left`: how many of the last bytes weren't used.
  [[noreturn]] void Refuse(bool is_cut_off, std::string_view what, std::size_t left) const {
    throw source_.ErrorOf({.is_cut_off = is_cut_off, .what = what, .position = taken_ - left});
  }

 private:
  PackedSource& source_;
  std::uint64_t taken_ = 0;
};

class GzipUnpacker final : public Unpacker {
 public:
  explicit GzipUnpacker(PackedSource& source) : input_(source) {
    isal_inflate_init(&inflate_);
    inflate_.crc_flag = ISAL_GZIP;
  }

  std::size_t Read(std::span<char> into) override {
    inflate_.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    inflate_.avail_out = static_cast<std::uint32_t>(into.size());
    while (inflate_.avail_out == into.size() && Step()) {
    }
    return into.size() - inflate_.avail_out;
  }

 private:
  // False at the end.
  bool Step() {
    if (inflate_.avail_in == 0 && !holds_output_) {
      const std::string_view bytes = input_.Next();
      if (bytes.empty()) {
        if (is_inside_) {
          input_.Refuse(true, kCutOff, 0);
        }
        return false;
      }
      // The library's interface lacks the const; it only reads.
      inflate_.next_in =
          const_cast<std::uint8_t*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
              reinterpret_cast<const std::uint8_t*>(bytes.data()));
      inflate_.avail_in = static_cast<std::uint32_t>(bytes.size());
    }
    Inflate();
    return true;
  }

  void Inflate() {
    if (inflate_.block_state == ISAL_BLOCK_FINISH) {
      isal_inflate_reset(&inflate_);  // another member
      inflate_.crc_flag = ISAL_GZIP;
    }
    const int outcome = isal_inflate(&inflate_);
    if (outcome < 0) {
      input_.Refuse(false, GzipError(outcome), inflate_.avail_in);
    }
    is_inside_ = inflate_.block_state != ISAL_BLOCK_FINISH;
    holds_output_ = is_inside_ && inflate_.avail_out == 0;
  }

  PackedInput input_;
  inflate_state inflate_{};
  bool is_inside_ = false;     // of a member
  bool holds_output_ = false;  // there may be more without new input
};

class ZstdUnpacker final : public Unpacker {
 public:
  explicit ZstdUnpacker(PackedSource& source)
      : input_(source), decoder_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    if (!decoder_) {
      throw std::bad_alloc();
    }
  }

  std::size_t Read(std::span<char> into) override {
    ZSTD_outBuffer output{.dst = into.data(), .size = into.size(), .pos = 0};
    while (output.pos == 0 && Step(output)) {
    }
    return output.pos;
  }

 private:
  // False at the end.
  bool Step(ZSTD_outBuffer& output) {
    if (bytes_.pos == bytes_.size && !holds_output_) {
      const std::string_view bytes = input_.Next();
      if (bytes.empty()) {
        if (is_inside_) {
          input_.Refuse(true, kCutOff, 0);
        }
        return false;
      }
      bytes_ = {.src = bytes.data(), .size = bytes.size(), .pos = 0};
    }
    const std::size_t rest = ZSTD_decompressStream(decoder_.get(), &output, &bytes_);
    if (ZSTD_isError(rest) != 0) {
      input_.Refuse(false, ZSTD_getErrorName(rest), bytes_.size - bytes_.pos);
    }
    is_inside_ = rest != 0;
    holds_output_ = is_inside_ && output.pos == output.size;
    return true;
  }

  PackedInput input_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> decoder_;
  ZSTD_inBuffer bytes_{};
  bool is_inside_ = false;     // of a frame
  bool holds_output_ = false;  // there may be more without new input
};

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
    case Packing::kPlain:
      break;
  }
  return "uncompressed";
}

std::unique_ptr<Unpacker> MakeUnpacker(Packing packing, PackedSource& source) {
  switch (packing) {
    case Packing::kGzip:
      return std::make_unique<GzipUnpacker>(source);
    case Packing::kZstd:
      return std::make_unique<ZstdUnpacker>(source);
    case Packing::kPlain:
      break;
  }
  throw std::logic_error("plain bytes need no unpacker");
}

}  // namespace weir::storage
