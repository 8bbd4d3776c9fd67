#include "connectors/activation/spilled_bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace weir::connectors {

SpilledBytes::SpilledBytes(std::filesystem::path folder) : folder_(std::move(folder)) {}

SpilledBytes::~SpilledBytes() {
  if (file_ >= 0) {
    close(file_);
  }
}

SpilledExtent SpilledBytes::Append(std::string_view bytes) {
  const auto fail = [&] {
    throw ExternalError("{}", SystemMessage(folder_.string() + ": it can't be spilled to", errno));
  };
  if (file_ < 0) {
    std::string name = (folder_ / ".spilled-XXXXXX").string();
    file_ = mkostemp(name.data(), O_CLOEXEC);
    if (file_ < 0 || unlink(name.c_str()) != 0) {
      fail();
    }
  }
  const SpilledExtent extent{.offset = size_, .size = bytes.size()};
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file_, bytes.data(), bytes.size(), size_);
    if (count < 0 && errno != EINTR) {
      fail();
    }
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    size_ += static_cast<std::int64_t>(done);
    bytes.remove_prefix(done);
  }
  return extent;
}

void SpilledBytes::ReadTo(const SpilledExtent& extent, std::string& bytes) const {
  std::size_t at = bytes.size();
  bytes.resize(at + extent.size);
  std::int64_t offset = extent.offset;
  while (at < bytes.size()) {
    const ssize_t count = pread(file_, bytes.data() + at, bytes.size() - at, offset);
    if (count == 0 || (count < 0 && errno != EINTR)) {
      throw ExternalError("{}", SystemMessage(folder_.string() + ": what was spilled can't be read",
                                              count == 0 ? EIO : errno));
    }
    at += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    offset += std::max<ssize_t>(count, 0);
  }
}

}  // namespace weir::connectors
