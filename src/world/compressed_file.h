#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "world/options.h"

namespace weir::world {

// `bytes` compressed as one gzip member or zstd frame, the same bytes for the same library.
std::string Compressed(std::string_view bytes, Compression compression);

// Writes a whole file; folders above it must exist. Throws ExternalError naming the path.
void WriteFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weir::world
