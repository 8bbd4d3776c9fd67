#include "connectors/files/gzip_file.h"

#include <cerrno>
#include <utility>

#include <zlib.h>

#include "base/error.h"

namespace weir::connectors {

GzipFile::GzipFile(std::filesystem::path path)
    : path_(std::move(path)), file_(gzopen(path_.c_str(), "wb6")) {
  if (file_ == nullptr) {
    throw ExternalError("{}", SystemMessage(path_.string() + ": it can't be written", errno));
  }
}

GzipFile::~GzipFile() {
  if (file_ != nullptr) {
    gzclose(file_);
  }
}

void GzipFile::Write(std::string_view bytes) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 30U;  // zlib counts in int
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kAtOnce);
    if (gzwrite(file_, part.data(), static_cast<unsigned>(part.size())) !=
        static_cast<int>(part.size())) {
      Fail();
    }
    bytes.remove_prefix(part.size());
  }
}

std::int64_t GzipFile::size() const { return gzoffset(file_); }

void GzipFile::Finish() {
  if (gzclose(std::exchange(file_, nullptr)) != Z_OK) {
    Fail();
  }
}

void GzipFile::Fail() const {
  throw ExternalError("{}: it can't be written; the disk may be full", path_.string());
}

}  // namespace weir::connectors
