#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "connectors/segments/segment_lines.h"
#include "sql/database.h"

namespace weir::connectors {

// A day's changes of the segments of one partition, for whoever sends them on (segment_files.h).
struct SegmentFolder {
  std::filesystem::path path;  // "…/combined/2026/01/31/amer.lookalikeSegments.gz"
  std::string run_id;
  std::int64_t rows_of_file = 8'000'000;
};

// Makes `relation` a temporary table: what the folder holds if it was taken, and a row with the
// action `taken`; else no row. Throws UserError for a taken folder whose files aren't those that
// `_SUCCESS` names.
void ReadTaken(const SegmentFolder& folder, sql::Connection& connection,
               const std::string& relation);

// Writes the rows of `relation`, sorted by user, and `_SUCCESS` last; the folder appears whole, in
// the place of one that wasn't taken. A taken one stays as it is: nothing is written if it holds
// these very rows, else ExternalError. Returns the number of rows.
std::int64_t WriteSegmentFolder(const SegmentFolder& folder, sql::Connection& connection,
                                const std::string& relation);

// A day's folder as whoever sends it on finds it.
struct SegmentFolderPlace {
  std::string day;   // "2026-01-31"
  std::string name;  // "amer.lookalikeSegments.gz"

  std::string id() const { return day + "/" + name; }
  friend auto operator<=>(const SegmentFolderPlace&, const SegmentFolderPlace&) = default;
};

// The complete folders below `<root>/combined/`, those with `_SUCCESS`, by day and name.
std::vector<SegmentFolderPlace> CompleteSegmentFolders(const std::filesystem::path& root);

// Takes a complete folder, unless it is taken already: from then on no file of it is changed.
// Returns its parts, in order, unread. Throws UserError for a `_SUCCESS` that can't be read.
std::vector<SegmentPart> TakeSegmentFolder(const std::filesystem::path& root,
                                           const SegmentFolderPlace& place);

// Throws ExternalError if another folder came to the place of the one whose parts
// TakeSegmentFolder() gave: for who has read them, or failed to.
void CheckStillTaken(const std::filesystem::path& root, const SegmentFolderPlace& place,
                     const std::vector<SegmentPart>& parts);

}  // namespace weir::connectors
