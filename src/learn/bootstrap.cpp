#include "learn/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/split_mix.h"

namespace weir::learn {
namespace {

// round(65536 · P(X ≤ k)) for X of Poisson(1); k above 8 comes less than once in 65536 draws.
constexpr std::array<std::uint32_t, 9> kCumulative = {24109, 48219, 60273, 64292, 65296,
                                                      65497, 65531, 65535, 65536};

std::uint8_t PoissonOf(std::uint32_t uniform) {
  std::uint8_t count = 0;
  while (uniform >= kCumulative[count]) {
    ++count;
  }
  return count;
}

double Quantile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

BlockWeights PoissonWeights(std::uint64_t person, std::uint64_t seed, std::size_t block) {
  constexpr std::size_t kOfHash = 4;
  BlockWeights weights{};
  for (std::size_t half = 0; half < kReplicatesOfBlock / kOfHash; ++half) {
    const std::uint64_t counter = 2 * block + half + 1;
    std::uint64_t bits =
        MixedBits(MixedBits(person ^ MixedBits(seed + kSplitMixStep)) + counter * kSplitMixStep);
    for (std::size_t i = 0; i < kOfHash; ++i) {
      weights[half * kOfHash + i] = PoissonOf(bits & 0xffffU);
      bits >>= 16U;
    }
  }
  return weights;
}

Interval PercentileInterval(std::span<const double> replicates) {
  std::vector<double> sorted;
  std::ranges::copy_if(replicates, std::back_inserter(sorted),
                       [](double value) { return !std::isnan(value); });
  if (sorted.empty()) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return {.lower = kNone, .upper = kNone};
  }
  std::ranges::sort(sorted);
  return {.lower = Quantile(sorted, 0.025), .upper = Quantile(sorted, 0.975)};
}

Interval WilsonInterval(double hits, double trials) {
  constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5th percentile
  const double share = hits / trials;
  const double middle = (share + kZ * kZ / (2 * trials)) / (1 + kZ * kZ / trials);
  const double half = kZ / (1 + kZ * kZ / trials) *
                      std::sqrt(share * (1 - share) / trials + kZ * kZ / (4 * trials * trials));
  return {.lower = hits == 0 ? 0 : std::max(0.0, middle - half),
          .upper = hits == trials ? 1 : std::min(1.0, middle + half)};
}

}  // namespace weir::learn
