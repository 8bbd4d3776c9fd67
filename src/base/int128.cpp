#include "base/int128.h"

#include <algorithm>

namespace weir {
namespace {

UnsignedInt128 SizeOf(Int128 number) {
  const auto bits = static_cast<UnsignedInt128>(number);
  return number < 0 ? -bits : bits;
}

// At least `least` digits, with zeros in front.
std::string Digits(UnsignedInt128 number, std::size_t least) {
  std::string digits;
  for (; number != 0; number /= 10) {
    digits += static_cast<char>('0' + static_cast<int>(number % 10));
  }
  digits.resize(std::max(digits.size(), least), '0');
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace

std::string ToText(Int128 number) { return (number < 0 ? "-" : "") + Digits(SizeOf(number), 1); }

std::string ToText(UnsignedInt128 number) { return Digits(number, 1); }

std::string DecimalText(Int128 unscaled, int scale) {
  const auto behind = static_cast<std::size_t>(scale);
  std::string text = Digits(SizeOf(unscaled), behind + 1);
  if (scale > 0) {
    text.insert(text.size() - behind, ".");
  }
  return (unscaled < 0 ? "-" : "") + text;
}

}  // namespace weir
