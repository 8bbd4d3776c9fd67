#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace weir::connectors {

struct SpilledExtent {
  std::int64_t offset = 0;
  std::size_t size = 0;
};

// Bytes that wait on disk in a file without a name, which is gone with the process. Reading is
// thread-safe once nothing is written. Throws ExternalError for what the file system refuses.
class SpilledBytes {
 public:
  // The file is made with the first bytes. `folder` must be there by then.
  explicit SpilledBytes(std::filesystem::path folder);
  SpilledBytes(const SpilledBytes&) = delete;
  SpilledBytes& operator=(const SpilledBytes&) = delete;
  ~SpilledBytes();

  SpilledExtent Append(std::string_view bytes);
  // Adds an extent's bytes to `bytes`.
  void ReadTo(const SpilledExtent& extent, std::string& bytes) const;

 private:
  std::filesystem::path folder_;
  int file_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace weir::connectors
