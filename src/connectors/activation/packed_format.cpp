#include "connectors/activation/packed_format.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include <libdeflate.h>
#include <zlib.h>

#include "base/error.h"
#include "base/hashing.h"

// A piece of a gzip member ends on a byte with an empty stored block, as zlib's Z_SYNC_FLUSH leaves
// it (RFC 1951, 3.2.4), so that pieces of different threads follow each other; the tail is an empty
// last block. This is how pigz does it. Avro's blocks are whole deflate streams: libdeflate, which
// has no flush, takes half of zlib's time for them.
namespace weir::connectors {
namespace {

constexpr int kGzipLevel = 4;
constexpr int kAvroLevel = 4;
constexpr int kRawDeflate = -15;  // zlib: a window of 32 KiB without head and tail

void AppendLittleEndian(std::uint64_t number, std::string& bytes) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(number >> static_cast<unsigned>(shift));
  }
}

class ZlibDeflater {
 public:
  ZlibDeflater() {
    if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kRawDeflate, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw ExternalError("zlib: memory has run out");
    }
  }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;
  ~ZlibDeflater() { deflateEnd(&stream_); }

  std::string Deflate(std::string_view plain) {
    deflateReset(&stream_);
    std::string bytes(deflateBound(&stream_, plain.size()) + 16, '\0');
    // zlib's interface lacks the const; it only reads.
    stream_.next_in = reinterpret_cast<Bytef*>(
        const_cast<char*>(plain.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    stream_.avail_in = static_cast<uInt>(plain.size());
    stream_.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream_.avail_out = static_cast<uInt>(bytes.size());
    if (deflate(&stream_, Z_SYNC_FLUSH) != Z_OK || stream_.avail_in != 0 ||
        stream_.avail_out == 0) {
      throw std::logic_error("zlib's bound was too small");
    }
    bytes.resize(bytes.size() - stream_.avail_out);
    return bytes;
  }

 private:
  z_stream stream_{};
};

PackedPiece GzipPiece(std::string_view plain) {
  thread_local ZlibDeflater deflater;
  return {.bytes = plain.empty() ? "" : deflater.Deflate(plain),
          .plain_bytes = static_cast<std::int64_t>(plain.size()),
          .checksum = libdeflate_crc32(0, plain.data(), plain.size())};
}

using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;

std::string DeflatedWhole(std::string_view plain) {
  thread_local const Compressor kCompressor(libdeflate_alloc_compressor(kAvroLevel),
                                            &libdeflate_free_compressor);
  if (!kCompressor) {
    throw ExternalError("libdeflate: memory has run out");
  }
  std::string bytes(libdeflate_deflate_compress_bound(kCompressor.get(), plain.size()), '\0');
  bytes.resize(libdeflate_deflate_compress(kCompressor.get(), plain.data(), plain.size(),
                                           bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace

void Follow(PackedPiece& all, const PackedPiece& piece) {
  all.checksum = static_cast<std::uint32_t>(
      crc32_combine(all.checksum, piece.checksum, static_cast<z_off_t>(piece.plain_bytes)));
  all.plain_bytes += piece.plain_bytes;
}

GzipFormat::GzipFormat(std::string_view title) : head_(GzipPiece(title)) {
  constexpr std::array<char, 10> kGzipHead{'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, 3};  // by Unix
  head_.bytes.insert(0, kGzipHead.data(), kGzipHead.size());
}

PackedPiece GzipFormat::Pack(std::string_view plain, std::int64_t /*records*/) const {
  return GzipPiece(plain);
}

std::string GzipFormat::Tail(const PackedPiece& all) const {
  std::string tail("\x03\x00", 2);  // an empty block, the last
  AppendLittleEndian(all.checksum, tail);
  AppendLittleEndian(static_cast<std::uint64_t>(all.plain_bytes), tail);
  return tail;
}

AvroFormat::AvroFormat(std::string_view schema) {
  const Hash128 hash = HashOf(schema);
  AppendLittleEndian(hash.low, sync_);
  AppendLittleEndian(hash.low >> 32U, sync_);
  AppendLittleEndian(hash.high, sync_);
  AppendLittleEndian(hash.high >> 32U, sync_);
  std::string& bytes = head_.bytes;
  bytes = "Obj\x01";
  AppendAvroLong(2, bytes);  // entries of the file's metadata
  AppendAvroText("avro.codec", bytes);
  AppendAvroText("deflate", bytes);
  AppendAvroText("avro.schema", bytes);
  AppendAvroText(schema, bytes);
  AppendAvroLong(0, bytes);
  bytes += sync_;
}

PackedPiece AvroFormat::Pack(std::string_view plain, std::int64_t records) const {
  const std::string deflated = DeflatedWhole(plain);
  PackedPiece piece{.bytes = {}, .plain_bytes = static_cast<std::int64_t>(plain.size())};
  AppendAvroLong(records, piece.bytes);
  AppendAvroText(deflated, piece.bytes);
  piece.bytes += sync_;
  return piece;
}

void AppendAvroLong(std::int64_t value, std::string& bytes) {
  auto rest = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
  constexpr std::uint64_t kMore = 0x80;
  std::array<char, 10> digits{};
  std::size_t size = 0;
  while (rest >= kMore) {
    digits[size++] = static_cast<char>(rest | kMore);
    rest >>= 7U;
  }
  digits[size++] = static_cast<char>(rest);
  bytes.append(digits.data(), size);
}

void AppendAvroText(std::string_view text, std::string& bytes) {
  AppendAvroLong(static_cast<std::int64_t>(text.size()), bytes);
  bytes += text;
}

}  // namespace weir::connectors
