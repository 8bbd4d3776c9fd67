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

// Of a folder that is there, or else of the nearest above it. A file in the folder's place, or in
// that of one above it, is a problem.
FileSystem ProbeFileSystem(const std::filesystem::path& folder);

}  // namespace weir::cli
