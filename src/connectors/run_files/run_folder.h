#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/database.h"

namespace weir::connectors {

// The files of one run, below a folder that holds those of others (run_files.h).
struct RunFolder {
  std::filesystem::path root;
  std::string day;  // "2026-01-31"
  std::string run_id;
  std::vector<std::pair<std::string, std::string>> relations{};  // by the file's name, without .tsv
  std::int64_t keep = 30;                                        // runs
  std::filesystem::path latest{};  // where the newest run's files are copied; empty: root/latest
  std::string spread{};            // a column of JSON objects; empty: none
};

// Writes the run's files, moves the pointer and `latest` on, and removes folders of runs that are
// too old. Returns the number of rows; nothing if the pointer is of a later day: then nothing was
// written. One writer at a time, among all processes; others wait. Throws ExternalError for what
// the file system refuses.
std::optional<std::int64_t> WriteRunFolder(const RunFolder& run, sql::Connection& connection);

}  // namespace weir::connectors
