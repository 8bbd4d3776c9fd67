#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weir {

// The exact sum of doubles, rounded once, to nearest, ties to even: the same whatever the order of
// the terms and however they were split and merged. After Radford M. Neal, "Fast exact summation
// using small and large superaccumulators" (2015, arXiv:1505.05571), the small one: a fixed-point
// number so wide that no double falls off its ends, in chunks of 32 bits held in 64, so that 2,047
// terms are added before carries must be passed on. 560 bytes; two additions a term.
//
// A NaN, or infinities of both signs, give NaN; one infinity gives itself; a sum past the largest
// double an infinity (but only the whole sum, not one on the way there); zero is always +0.0.
class ExactSum {
 public:
  void Add(double term);
  void Add(std::span<const double> terms);
  // Adds the terms of another sum, which stays as it is.
  void Merge(const ExactSum& other);
  double Value() const;

 private:
  // Bits 0 … 2098 hold the smallest subnormal to the largest double, the rest 2^64 terms' growth.
  static constexpr std::size_t kChunks = 68;
  using Chunks = std::array<std::int64_t, kChunks>;

  static void AddFinite(std::uint64_t bits, Chunks& chunks);
  static void PropagateCarries(Chunks& chunks);
  void AddSpecial(std::uint64_t bits);

  static constexpr std::uint32_t kTermsBetweenCarries = 2047;

  Chunks chunks_{};                            // chunk i counts 2^(32 i - 1074)
  std::uint32_t room_ = kTermsBetweenCarries;  // terms to add before carries must be passed on
  bool has_nan_ = false;
  bool has_infinity_ = false;
  bool has_negative_infinity_ = false;
};

// Rewrites finite terms as fewer of the same exact sum, where they overlap: an expansion after
// Jonathan Shewchuk, "Adaptive precision floating-point arithmetic" (1997). Returns how many now
// stand in front of `terms`, mostly two or three; for few terms of one of many sums, which an
// ExactSum each would fill memory for. Absent, with `terms` spoilt, if a partial sum overflows or a
// term isn't finite.
std::optional<std::size_t> CompactTerms(std::span<double> terms);

}  // namespace weir
