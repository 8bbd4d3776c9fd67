#pragma once

#include <cstdint>

// SplitMix64 (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", OOPSLA
// 2014): the same numbers on every machine.
namespace weir {

inline constexpr std::uint64_t kSplitMixStep = 0x9e3779b97f4a7c15U;

// How SplitMix64 finishes: every bit depends on every other.
constexpr std::uint64_t MixedBits(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31U);
}

// The next number of the sequence that `state` is in.
constexpr std::uint64_t NextSplitMix(std::uint64_t& state) {
  return MixedBits(state += kSplitMixStep);
}

}  // namespace weir
