#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

// Sizes, durations and numbers as users write and read them.
namespace weir::cli {

// "8GB", "128MB", "512KiB", "1000": bytes; KB, MB, GB and TB are powers of 1024 as KiB … are.
// Throws UsageError naming `flag`.
std::uint64_t ParseSize(std::string_view flag, std::string_view text);

// As ParseSize(), or "40%" of `whole`. At least 64 MB.
std::uint64_t ParseMemory(std::string_view flag, std::string_view text, std::uint64_t whole);

// "7d", "12h", "30m", "45s", "2w", "0d". Throws UsageError naming `flag`.
Micros ParseDuration(std::string_view flag, std::string_view text);

// "1.5 GB", "812 bytes".
std::string FormatSize(std::uint64_t bytes);

// "12,345,678".
std::string FormatCount(std::int64_t number);

}  // namespace weir::cli
