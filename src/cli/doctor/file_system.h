#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace weir::cli {

// What the file system under a folder can do, tried out with a file that is removed again.
struct FileSystem {
  std::string type;  // "ext4", or its number if it isn't known
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::string problem;  // why files can't be made there; empty: they can
  bool hard_links = false;
  bool locks = false;
};

// `folder` or, if it isn't there yet, the nearest folder above it that is.
std::filesystem::path NearestFolder(const std::filesystem::path& folder);

FileSystem ProbeFileSystem(const std::filesystem::path& folder);

}  // namespace weir::cli
