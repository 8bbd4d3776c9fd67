#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/command.h"

namespace weir::cli {

// What the flags that every command takes ask for.
struct CommonOptions {
  std::optional<std::filesystem::path> project_folder;
  std::string environment;         // empty: the project's default
  int threads = 0;                 // 0: the processors this process may run on
  std::uint64_t memory_bytes = 0;  // 0: 60 % of what this process may use
  LogLevel log_level = LogLevel::kInfo;
  bool json = false;
};

// The flags that every command takes.
std::vector<Parameter> CommonParameters();

// Throws UsageError for a value that can't be.
CommonOptions ReadCommonOptions(const Arguments& arguments);

}  // namespace weir::cli
