#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// An unsigned 128-bit number, as hashes and fingerprints are.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;

  // Adds modulo 2^128.
  Hash128& operator+=(const Hash128& other);
};

// XXH3, 128 bits, seed 0.
Hash128 HashOf(std::string_view bytes);

// XXH64 with a seed, for hashes that others compute, too: samples, folds, orders.
std::uint64_t SeededHashOf(std::string_view bytes, std::uint64_t seed);

// 32 lower-case hex digits, most significant first.
std::string ToHex(const Hash128& hash);
// The same into a buffer.
void WriteHex(const Hash128& hash, std::span<char, 32> digits);

// What ToHex() gave; absent for anything else.
std::optional<Hash128> ParseHash(std::string_view hex);

}  // namespace weir
