#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::connectors {

// The states of one partition below a folder (dated_files.h).
struct DatedState {
  std::filesystem::path root;
  std::string day;        // "2026-01-31"
  std::string partition;  // a folder's name
  std::string run_id;     // distinguishes states of one day
  std::vector<std::string> sort_by{};
  std::int64_t rows_of_file = 5'000'000;
  std::int64_t keep = 7;  // days
};

// Writes the day's files, moves `latest` on unless it has a later day, and removes days that are
// too old. Returns the number of rows.
std::int64_t WriteDatedState(const DatedState& state, sql::Connection& connection,
                             const std::string& relation);

}  // namespace weir::connectors
