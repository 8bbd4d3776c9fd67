#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace weir::connectors {

// A setting that names a folder of this machine, "file://" before it or not: relative to the
// project's folder. Throws UserError for the URL of another place.
std::filesystem::path LocalPath(const std::filesystem::path& project_folder,
                                const std::string& text);

bool IsS3Url(std::string_view text);

// A setting that names a folder of this machine, as above, or "s3://…", which stays: what
// storage::Stores opens. Throws UserError for another URL.
std::string FolderUrl(const std::filesystem::path& project_folder, const std::string& text);

// Throws UserError for a setting, `path` or as named, with the scheme of another place.
void CheckLocalPath(const std::string& text, std::string_view setting = "path");

}  // namespace weir::connectors
