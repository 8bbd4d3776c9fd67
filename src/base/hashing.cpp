#include "base/hashing.h"

#include <array>

#include <xxhash.h>

namespace weir {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kDigitsOfHalf = 16;

// Both digits of each byte, one behind the other.
constexpr std::array<char, 512> kHexOfByte = [] {
  std::array<char, 512> hex{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    hex.at(byte * 2) = kHexDigits[byte / 16];
    hex.at(byte * 2 + 1) = kHexDigits[byte % 16];
  }
  return hex;
}();

void WriteHalf(std::uint64_t half, char* digits) {
  for (std::size_t end = kDigitsOfHalf; end > 0; end -= 2) {
    const std::size_t byte = half & 0xFFU;
    digits[end - 2] = kHexOfByte.at(byte * 2);
    digits[end - 1] = kHexOfByte.at(byte * 2 + 1);
    half >>= 8U;
  }
}

constexpr std::uint8_t kNoDigit = 0x80;

constexpr std::array<std::uint8_t, 256> kValueOfDigit = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t value = 0; value < 16; ++value) {
    values.at(static_cast<unsigned char>(kHexDigits[value])) = value;
  }
  return values;
}();

// Without a branch for each digit: no processor foresees whether the next one is a letter.
std::optional<std::uint64_t> ParseHalf(std::string_view hex) {
  std::uint64_t half = 0;
  std::uint8_t seen = 0;
  for (const char digit : hex) {
    const std::uint8_t value = kValueOfDigit.at(static_cast<unsigned char>(digit));
    seen |= value;
    half = half << 4U | value;
  }
  return (seen & kNoDigit) == 0 ? std::optional(half) : std::nullopt;
}

}  // namespace

Hash128& Hash128::operator+=(const Hash128& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

Hash128 HashOf(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.high = hash.high64, .low = hash.low64};
}

std::uint64_t SeededHashOf(std::string_view bytes, std::uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

std::string ToHex(const Hash128& hash) {
  std::array<char, 2 * kDigitsOfHalf> digits{};
  WriteHex(hash, digits);
  return {digits.data(), digits.size()};
}

void WriteHex(const Hash128& hash, std::span<char, 32> digits) {
  WriteHalf(hash.high, digits.data());
  WriteHalf(hash.low, digits.data() + kDigitsOfHalf);
}

std::optional<Hash128> ParseHash(std::string_view hex) {
  if (hex.size() != 2 * kDigitsOfHalf) {
    return std::nullopt;
  }
  const auto high = ParseHalf(hex.substr(0, kDigitsOfHalf));
  const auto low = ParseHalf(hex.substr(kDigitsOfHalf));
  return high && low ? std::optional(Hash128{.high = *high, .low = *low}) : std::nullopt;
}

}  // namespace weir
