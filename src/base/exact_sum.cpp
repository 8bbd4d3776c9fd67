#include "base/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace weir {
namespace {

constexpr int kMantissaBits = 52;
constexpr std::uint64_t kMantissaMask = (std::uint64_t{1} << kMantissaBits) - 1;
constexpr std::uint64_t kExponentMask = 0x7FF;
constexpr std::uint64_t kChunkMask = 0xFFFFFFFF;
constexpr int kLowestExponent = -1074;  // of bit 0
constexpr int kPrecision = 53;

bool IsFinite(std::uint64_t bits) {
  return ((bits >> kMantissaBits) & kExponentMask) != kExponentMask;
}

// Bits [first, first + 64) of a number in chunks of 32 bits; bits below 0 are zeros.
template <typename Chunks>
std::uint64_t BitsFrom(const Chunks& chunks, int first) {
  std::uint64_t bits = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const int place = first + bit;
    const std::int64_t chunk = place < 0 ? 0 : chunks[static_cast<std::size_t>(place / 32)];
    bits =
        (bits << 1U) | (place < 0 ? 0 : (static_cast<std::uint64_t>(chunk) >> (place % 32)) & 1U);
  }
  return bits;
}

// Whether any of the bits [0, end) is set.
template <typename Chunks>
bool AnyBitBelow(const Chunks& chunks, int end) {
  for (int place = 0; place < end; place += 32) {
    const int count = std::min(end - place, 32);
    const std::uint64_t mask = (std::uint64_t{1} << count) - 1;
    if ((static_cast<std::uint64_t>(chunks[static_cast<std::size_t>(place / 32)]) & mask) != 0) {
      return true;
    }
  }
  return false;
}

// The number of bits up to the highest one that is set.
template <typename Chunks>
int NumBits(const Chunks& chunks) {
  for (std::size_t chunk = chunks.size(); chunk > 0; --chunk) {
    const auto bits = static_cast<std::uint64_t>(chunks[chunk - 1]);
    if (bits != 0) {
      return static_cast<int>(32 * (chunk - 1)) + static_cast<int>(std::bit_width(bits));
    }
  }
  return 0;
}

// The number in `chunks`, all of which are in [0, 2^32), rounded.
template <typename Chunks>
double Rounded(const Chunks& chunks) {
  const int num_bits = NumBits(chunks);
  if (num_bits <= kPrecision) {
    return std::ldexp(static_cast<double>(BitsFrom(chunks, 0)), kLowestExponent);
  }
  const int dropped = num_bits - kPrecision;
  std::uint64_t mantissa = BitsFrom(chunks, dropped);
  const bool half = (BitsFrom(chunks, dropped - 1) & 1U) != 0;
  const bool rest = AnyBitBelow(chunks, dropped - 1);
  mantissa += half && (rest || (mantissa & 1U) != 0) ? 1 : 0;
  return std::ldexp(static_cast<double>(mantissa), dropped + kLowestExponent);
}

// Adds `term` to an expansion of `count` parts, the least first, with room for one more. Returns
// its new count of parts.
std::size_t GrowExpansion(std::span<double> parts, std::size_t count, double term) {
  std::size_t kept = 0;
  for (std::size_t part = 0; part < count; ++part) {
    const double sum = term + parts[part];
    const double term_in_sum = sum - parts[part];
    const double rest = (term - term_in_sum) + (parts[part] - (sum - term_in_sum));
    if (rest != 0) {
      parts[kept++] = rest;
    }
    term = sum;
  }
  if (term != 0) {
    parts[kept++] = term;
  }
  return kept;
}

}  // namespace

// A subnormal has the exponent of the smallest normal number, without the leading one.
inline void ExactSum::AddFinite(std::uint64_t bits, Chunks& chunks) {
  const std::uint64_t exponent = (bits >> kMantissaBits) & kExponentMask;
  const std::uint64_t is_normal = exponent != 0 ? 1 : 0;
  const std::uint64_t mantissa = (bits & kMantissaMask) | (is_normal << kMantissaBits);
  const std::uint64_t place = exponent - is_normal;
  const std::uint64_t shift = place & 31U;
  const auto low = static_cast<std::int64_t>((mantissa << shift) & kChunkMask);
  const auto high = static_cast<std::int64_t>(mantissa >> (32 - shift));
  const auto sign = static_cast<std::int64_t>(bits) >> 63;  // 0 or -1; (x ^ sign) - sign negates
  chunks[place >> 5U] += (low ^ sign) - sign;
  chunks[(place >> 5U) + 1] += (high ^ sign) - sign;
}

// Afterwards all chunks but the last are in [0, 2^32); the last has the sign.
void ExactSum::PropagateCarries(Chunks& chunks) {
  for (std::size_t chunk = 0; chunk + 1 < kChunks; ++chunk) {
    chunks[chunk + 1] += chunks[chunk] >> 32;
    chunks[chunk] &= static_cast<std::int64_t>(kChunkMask);
  }
}

void ExactSum::AddSpecial(std::uint64_t bits) {
  if ((bits & kMantissaMask) != 0) {
    has_nan_ = true;
  } else if ((bits >> 63U) != 0) {
    has_negative_infinity_ = true;
  } else {
    has_infinity_ = true;
  }
}

void ExactSum::Add(double term) { Add(std::span(&term, 1)); }

void ExactSum::Add(std::span<const double> terms) {
  while (!terms.empty()) {
    const auto part = terms.first(std::min<std::size_t>(terms.size(), room_));
    for (const double term : part) {
      const auto bits = std::bit_cast<std::uint64_t>(term);
      if (IsFinite(bits)) [[likely]] {
        AddFinite(bits, chunks_);
      } else {
        AddSpecial(bits);
      }
    }
    terms = terms.subspan(part.size());
    room_ -= static_cast<std::uint32_t>(part.size());
    if (room_ == 0) {
      PropagateCarries(chunks_);
      room_ = kTermsBetweenCarries;
    }
  }
}

void ExactSum::Merge(const ExactSum& other) {
  Chunks carried = other.chunks_;
  PropagateCarries(carried);
  PropagateCarries(chunks_);
  for (std::size_t chunk = 0; chunk < kChunks; ++chunk) {
    chunks_[chunk] += carried[chunk];
  }
  PropagateCarries(chunks_);
  room_ = kTermsBetweenCarries;
  has_nan_ = has_nan_ || other.has_nan_;
  has_infinity_ = has_infinity_ || other.has_infinity_;
  has_negative_infinity_ = has_negative_infinity_ || other.has_negative_infinity_;
}

double ExactSum::Value() const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (has_nan_ || (has_infinity_ && has_negative_infinity_)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (has_infinity_ || has_negative_infinity_) {
    return has_infinity_ ? kInfinity : -kInfinity;
  }
  Chunks chunks = chunks_;
  PropagateCarries(chunks);
  const bool is_negative = chunks.back() < 0;
  if (is_negative) {
    std::ranges::transform(chunks, chunks.begin(), std::negate());
    PropagateCarries(chunks);
  }
  return is_negative ? -Rounded(chunks) : Rounded(chunks);
}

std::optional<std::size_t> CompactTerms(std::span<double> terms) {
  std::size_t count = 0;
  for (const double term : terms) {
    count = GrowExpansion(terms, count, term);  // never reaches past the term just read
  }
  const auto parts = terms.first(count);
  const bool exact = std::ranges::all_of(parts, [](double part) { return std::isfinite(part); });
  return exact ? std::optional(count) : std::nullopt;
}

}  // namespace weir
