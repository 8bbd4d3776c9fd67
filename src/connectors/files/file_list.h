#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"

// Which files a path with wildcards names. `*` and `?` stand for anything but '/', `**` for any
// folders, `[a-z]` for one letter; `{ds}` for any day, "2026-01-05", `{hour}` for a number.
namespace weir::connectors {

struct MatchedFile {
  std::string path;  // absolute, or a URL; queries of the database may read it
  std::int64_t bytes = 0;
  std::int64_t changed = 0;  // when; of the same file the same number is the same time
};

// Files on a disk, or on S3 for a path that begins with "s3://", sorted bytewise. Hidden temporary
// files of writers are not among them.
std::vector<MatchedFile> MatchingFiles(sql::Database& database, const std::filesystem::path& folder,
                                       const std::string& path);

// The days that `{ds}` in `path` stands for among the files that are there, sorted.
std::vector<std::string> DaysThere(sql::Database& database, const std::filesystem::path& folder,
                                   const std::string& path);

// What names a file in records: relative to `folder` if it lies inside.
std::string FileIdentity(const std::filesystem::path& folder, const std::string& file);

// The text that `{ds}` of `path` stands for in `file`, if it is a day.
std::optional<std::string> DayOf(const std::filesystem::path& folder, const std::string& path,
                                 const std::string& file);
// The number that `{hour}` of `path` stands for in `file`, if it is one of 0 to 23.
std::optional<int> HourOf(const std::filesystem::path& folder, const std::string& path,
                          const std::string& file);

}  // namespace weir::connectors
