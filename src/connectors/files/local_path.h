#pragma once

#include <filesystem>
#include <string>

namespace weir::connectors {

// A setting that names a folder of this machine, "file://" before it or not: relative to the
// project's folder.
std::filesystem::path LocalPath(const std::filesystem::path& project_folder,
                                const std::string& text);

// Throws UserError for a setting `path` with the scheme of another place.
void CheckLocalPath(const std::string& text);

}  // namespace weir::connectors
