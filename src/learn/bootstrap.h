#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::learn {

// Intervals by resampling people: in each replicate a person counts Poisson(1) times, as in
// Chamandy, Muralidharan, Najmi and Naidu, "Estimating uncertainty for massive data streams"
// (2012). How often follows from a hash of person and replicate alone, so that it is the same in
// every table that the person stands in, whatever the order of rows and number of threads.

// Replicates are drawn so many at a time.
constexpr std::size_t kReplicatesOfBlock = 8;
using BlockWeights = std::array<std::uint8_t, kReplicatesOfBlock>;

// How often the person with this hash counts in replicates block · 8 … block · 8 + 7.
BlockWeights PoissonWeights(std::uint64_t person, std::uint64_t seed, std::size_t block);

struct Interval {
  double lower = 0;
  double upper = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

// What lies between the 2.5th and the 97.5th percentile, interpolated linearly, of the replicates
// that are numbers. Both not a number if none is. One sort.
Interval PercentileInterval(std::span<const double> replicates);

// Of a share, `hits` of `trials`, which is above 0: where it lies with 95 % (Wilson, 1927).
Interval WilsonInterval(double hits, double trials);

}  // namespace weir::learn
