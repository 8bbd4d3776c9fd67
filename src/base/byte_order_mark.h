#pragma once

#include <string_view>

namespace weir {

// What some editors put before UTF-8 at the beginning of a file; it is no part of the text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace weir
