#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The names of a Delta table's log files, as keys below the table's folder:
// "_delta_log/00000000000000000012.json", "…12.checkpoint.parquet".
namespace weir::lake {

inline constexpr std::string_view kLogFolder = "_delta_log/";
inline constexpr std::size_t kVersionDigits = 20;

std::string LogEntryKey(std::int64_t version);

// The version of a log entry's key; nothing for other keys.
std::optional<std::int64_t> LogEntryVersion(std::string_view key);

// The version that the name of a log entry or checkpoint begins with; nothing for other files.
std::optional<std::int64_t> VersionInName(std::string_view key);

// A text of decimal digits alone as a number; nothing for others or what 64 bits can't hold.
std::optional<std::int64_t> DigitsOf(std::string_view text);

}  // namespace weir::lake
