#pragma once

#include <filesystem>
#include <vector>

namespace weir::cli {

// All regular files below some folders, each once, in the order of their paths. A folder that isn't
// there has none. Throws std::filesystem::filesystem_error for one that can't be read.
std::vector<std::filesystem::path> FilesBelow(const std::vector<std::filesystem::path>& folders);

}  // namespace weir::cli
