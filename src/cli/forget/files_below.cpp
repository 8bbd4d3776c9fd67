#include "cli/forget/files_below.h"

#include <set>

namespace weir::cli {

namespace fs = std::filesystem;

std::vector<fs::path> FilesBelow(const std::vector<fs::path>& folders) {
  std::set<fs::path> files;
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) {
        files.insert(entry.path());
      }
    }
  }
  return {files.begin(), files.end()};
}

}  // namespace weir::cli
