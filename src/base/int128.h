#pragma once

#include <string>

namespace weir {

// A signed 128-bit number, as unscaled decimals are.
__extension__ using Int128 = __int128;
__extension__ using UnsignedInt128 = unsigned __int128;

// "-123".
std::string ToText(Int128 number);
std::string ToText(UnsignedInt128 number);

// A decimal's unscaled number with its point: 150 of scale 2 is "1.50", -5 is "-0.05".
std::string DecimalText(Int128 unscaled, int scale);

}  // namespace weir
