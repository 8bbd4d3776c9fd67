#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace weir::connectors {

// A setting that names a folder of this machine, "file://" before it or not: relative to the
// project's folder.
std::filesystem::path LocalPath(const std::filesystem::path& project_folder,
                                const std::string& text);

bool IsS3Url(std::string_view text);

// A setting that names a folder of this machine, as above, or "s3://…", which stays: what
// storage::Stores opens.
std::string FolderUrl(const std::filesystem::path& project_folder, const std::string& text);

// Throws UserError for a setting `path` with the scheme of another place.
void CheckLocalPath(const std::string& text);

}  // namespace weir::connectors
