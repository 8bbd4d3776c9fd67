#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"

// Which files a path with wildcards names. `*` and `?` stand for anything but '/', `**` for any
// folders, `[a-z]` for one letter; `{ds}` for any day, "2026-01-05".
namespace weir::connectors {

// Absolute paths, sorted bytewise. Hidden temporary files of writers are not among them.
std::vector<std::string> MatchingFiles(sql::Connection& connection,
                                       const std::filesystem::path& folder,
                                       const std::string& path);

// The days that `{ds}` in `path` stands for among the files that are there, sorted.
std::vector<std::string> DaysThere(sql::Connection& connection, const std::filesystem::path& folder,
                                   const std::string& path);

// What names a file in records: relative to `folder` if it lies inside.
std::string FileIdentity(const std::filesystem::path& folder, const std::string& file);

// The text that `{ds}` of `path` stands for in `file`, if it is a day.
std::optional<std::string> DayOf(const std::filesystem::path& folder, const std::string& path,
                                 const std::string& file);

}  // namespace weir::connectors
