#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "world/philox.h"

// Arithmetic that gives the same bits on every machine: integers only, no libm.
namespace weir::world {

// Numbers in units of 2^-32.
using Fixed = std::int64_t;
constexpr int kFixedBits = 32;
constexpr Fixed kFixedOne = Fixed{1} << kFixedBits;

// The greatest whole number whose square is at most `square`.
std::uint32_t SquareRoot(std::uint64_t square);

// ln(number), to within 2^-30; `number` ≥ 1.
Fixed NaturalLog(std::uint32_t number);

// e^exponent for an exponent ≤ 0, to within 2^-30; 0 below −22.
Fixed Exponential(Fixed exponent);

// 1 / sqrt(u), to within 2^-14 of it, for a share u of 1 in units of 2^-32, u > 0; in units of
// 2^-16. With u uniform this is a Pareto variable of tail index 2.
std::uint64_t InverseSquareRoot(std::uint32_t share);

// "0.02" as a probability, exactly rounded down. Throws UsageError naming `flag` for what isn't a
// decimal number from 0 to 1 with at most nine digits behind the point.
Probability ParseProbability(std::string_view flag, std::string_view text);

}  // namespace weir::world
