#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

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

}  // namespace weir::connectors
