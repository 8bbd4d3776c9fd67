#include "identity/universal_id.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.h"

namespace weir::identity {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kHexOfHalf = 16;

void WriteHalf(std::uint64_t half, char* digits) {
  for (std::size_t i = kHexOfHalf; i-- > 0; half >>= 4U) {
    digits[i] = kHexDigits[half & 0xFU];
  }
}

std::uint64_t ParseHalf(std::string_view hex, std::string_view whole) {
  std::uint64_t half = 0;
  for (const char digit : hex) {
    const bool is_number = digit >= '0' && digit <= '9';
    if (!is_number && (digit < 'a' || digit > 'f')) {
      throw UserError("'{}' is no universal id; 32 lower-case hex digits are", whole);
    }
    half = half << 4U | static_cast<std::uint64_t>(is_number ? digit - '0' : digit - 'a' + 10);
  }
  return half;
}

}  // namespace

Hash128 UniversalId(std::string_view party, std::string_view id) {
  constexpr std::size_t kUsualSize = 256;
  if (party.size() + 1 + id.size() > kUsualSize) {
    return HashOf(std::string(party) + '\x1f' + std::string(id));
  }
  std::array<char, kUsualSize> bytes;
  char* end = std::ranges::copy(party, bytes.data()).out;
  *end++ = '\x1f';
  end = std::ranges::copy(id, end).out;
  return HashOf({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

void WriteHex(const Hash128& hash, char* digits) {
  WriteHalf(hash.high, digits);
  WriteHalf(hash.low, digits + kHexOfHalf);
}

Hash128 ParseUniversalId(std::string_view hex) {
  if (hex.size() != 2 * kHexOfHalf) {
    throw UserError("'{}' is no universal id; 32 lower-case hex digits are", hex);
  }
  return {.high = ParseHalf(hex.substr(0, kHexOfHalf), hex),
          .low = ParseHalf(hex.substr(kHexOfHalf), hex)};
}

}  // namespace weir::identity
