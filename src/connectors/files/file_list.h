#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

struct DatedFile {
  MatchedFile file;
  std::optional<std::string> day;  // what `{ds}` stands for, if that is a day
  std::optional<int> hour;         // what `{hour}` stands for, if that is one of 0 to 23
};

// MatchingFiles with the day and hour that each name tells; of a path that has no such mark they
// are absent. Where a path has one twice, the first counts.
std::vector<DatedFile> MatchingDatedFiles(sql::Database& database,
                                          const std::filesystem::path& folder,
                                          const std::string& path);

// What names a file in records: relative to `folder` if it lies inside.
std::string FileIdentity(const std::filesystem::path& folder, const std::string& file);

// A file that was read, as records tell it: "in/a.csv\tsize=5 modified=17…", its identity, bytes
// and time. Records of earlier programs have the identity alone.
std::string FileMark(const std::filesystem::path& folder, const MatchedFile& file);
// The identity in a mark; a text that is no mark as it is.
std::string_view IdentityOfMark(std::string_view mark);
// The bytes that a mark tells; absent of a text that is no mark.
std::optional<std::int64_t> BytesOfMark(std::string_view mark);

// What is known of a file by the marks of those that were read: of an identity alone nobody knows
// whether the file has changed.
enum class FileKnowledge : std::uint8_t { kNew, kRead, kChanged };
FileKnowledge KnowledgeOf(const std::string& mark, const std::set<std::string>& read);

}  // namespace weir::connectors
