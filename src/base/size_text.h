#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// A size as users write it, in bytes: "512MB", "1.5 GiB", "64kb", "1000"; K, M, G, T are powers of
// 1,024 with or without an i. Absent for anything else and for less than a byte.
std::optional<std::int64_t> ParseBytes(std::string_view text);

}  // namespace weir
