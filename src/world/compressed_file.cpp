#include "world/compressed_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace weir::world {
namespace {

std::string Gzipped(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw ExternalError("zlib can't be started: out of memory");
  }
  std::string packed(deflateBound(&stream, bytes.size()) + 32, '\0');
  // zlib's interface lacks the const; it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(
      const_cast<char*>(bytes.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);  // the output has room for all
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string ZstdPacked(std::string_view bytes) {
  constexpr int kLevel = 3;
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    throw ExternalError("zstd: {}", ZSTD_getErrorName(size));
  }
  packed.resize(size);
  return packed;
}

}  // namespace

std::string Compressed(std::string_view bytes, Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return Gzipped(bytes);
    case Compression::kZstd:
      return ZstdPacked(bytes);
    default:
      return std::string(bytes);
  }
}

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path)) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  file_ = open(path_.c_str(), kFlags, 0644);
  if (file_ < 0) {
    Fail();
  }
}

OutputFile::~OutputFile() { close(file_); }

void OutputFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0) {
      Fail();
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::Fail() const {
  throw ExternalError("{}", SystemMessage("can't write " + path_.string(), errno));
}

void WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  OutputFile(path).Append(bytes);
}

}  // namespace weir::world
