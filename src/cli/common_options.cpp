#include "cli/common_options.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/process.h"
#include "cli/units.h"

namespace weir::cli {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLogLevels = {{
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warning", LogLevel::kWarning},
    {"error", LogLevel::kError},
}};

LogLevel LogLevelOf(std::string_view name) {
  for (const auto& [known, level] : kLogLevels) {
    if (known == name) {
      return level;
    }
  }
  return LogLevel::kInfo;
}

// More threads than any machine has processors would only take memory, until the system has none.
int ThreadsOf(const Arguments& arguments) {
  constexpr std::int64_t kFewest = 1;
  constexpr std::int64_t kMost = 1024;
  const std::int64_t threads = arguments.Integer("--threads", kFewest).value_or(0);
  if (threads > kMost) {
    throw UsageError("--threads '{}': a whole number of at most {} is needed", threads, kMost);
  }
  return static_cast<int>(threads);
}

}  // namespace

std::vector<Parameter> CommonParameters() {
  return {
      {.name = "-C",
       .value = "DIR",
       .help = "the project's folder (default: the nearest weir.yaml upward)"},
      {.name = "--env",
       .value = "NAME",
       .help = "the environment of weir.yaml to work in (default: dev)"},
      {.name = "--json", .help = "results and errors as JSON, for programs"},
      {.name = "--threads", .value = "N", .help = "processors to use (default: all)"},
      {.name = "--memory",
       .value = "SIZE",
       .help = "memory to use: 8GB, 512MB, 40% (default: 60%)"},
      {.name = "--log-level",
       .value = "LEVEL",
       .help = "what to log to stderr: debug, info, warning, error (default: info)",
       .choices = {"debug", "info", "warning", "error"}},
  };
}

CommonOptions ReadCommonOptions(const Arguments& arguments) {
  CommonOptions options;
  if (const auto folder = arguments.OptionalText("-C")) {
    options.project_folder = *folder;
  }
  options.environment = arguments.OptionalText("--env").value_or("");
  options.threads = ThreadsOf(arguments);
  if (const auto memory = arguments.OptionalText("--memory")) {
    options.memory_bytes = ParseMemory("--memory", *memory, MemoryLimitBytes());
  }
  options.log_level = LogLevelOf(arguments.OptionalText("--log-level").value_or("info"));
  options.json = arguments.Has("--json");
  return options;
}

}  // namespace weir::cli
