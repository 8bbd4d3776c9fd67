#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

namespace weir {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Sends log lines of at least `level` to stderr. Called once by main.
void SetUpLog(LogLevel level);

// Writes one line to the log. Safe from any thread.
void LogLine(LogLevel level, const std::string& line);

template <typename... Args>
void LogInfo(fmt::format_string<Args...> text, Args&&... args) {
  LogLine(LogLevel::kInfo, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(fmt::format_string<Args...> text, Args&&... args) {
  LogLine(LogLevel::kWarning, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void LogDebug(fmt::format_string<Args...> text, Args&&... args) {
  LogLine(LogLevel::kDebug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace weir
