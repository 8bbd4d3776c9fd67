#pragma once

#include <string>
#include <string_view>

namespace weir {

// SHA-256 as 64 lower-case hex digits. Thread-safe.
std::string Sha256Of(std::string_view bytes);

// HMAC-SHA-256 of `bytes` under `key`: 32 raw bytes. Thread-safe.
std::string Sha256Hmac(std::string_view key, std::string_view bytes);

}  // namespace weir
