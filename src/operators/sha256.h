#pragma once

#include <string>
#include <string_view>

namespace weir::operators {

// SHA-256 as 64 lower-case hex digits. Thread-safe.
std::string Sha256Of(std::string_view bytes);

}  // namespace weir::operators
