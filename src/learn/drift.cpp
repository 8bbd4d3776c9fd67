#include "learn/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace weir::learn {
namespace {

std::uint64_t CountUpTo(std::span<const double> sorted, double upper) {
  return static_cast<std::uint64_t>(std::ranges::upper_bound(sorted, upper) - sorted.begin());
}

std::vector<double> SortedScores(std::span<const double> scores) {
  std::vector<double> sorted(scores.begin(), scores.end());
  std::ranges::sort(sorted);
  return sorted;
}

// From 1; of equal values the mean.
std::vector<double> MeanRanks(std::span<const double> values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t at) { return values[at]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    for (std::size_t at = begin; at < end; ++at) {
      ranks[order[at]] = static_cast<double>(begin + end + 1) / 2;
    }
    begin = end;
  }
  return ranks;
}

}  // namespace

std::vector<DriftBin> DriftBins(std::span<const double> before, std::span<const double> now) {
  constexpr std::size_t kBins = 10;
  const std::vector<double> sorted = SortedScores(before);
  const std::vector<double> sorted_now = SortedScores(now);
  std::vector<DriftBin> bins;
  DriftBin counted;
  for (std::size_t bin = 1; bin <= kBins && !sorted.empty(); ++bin) {
    const bool is_last = bin == kBins;
    const double upper = is_last ? std::numeric_limits<double>::infinity()
                                 : sorted[bin * (sorted.size() - 1) / kBins];
    if (!is_last && !bins.empty() && bins.back().upper == upper) {
      continue;
    }
    const DriftBin below{
        .upper = upper, .before = CountUpTo(sorted, upper), .now = CountUpTo(sorted_now, upper)};
    bins.push_back(
        {.upper = upper, .before = below.before - counted.before, .now = below.now - counted.now});
    counted = below;
  }
  return bins;
}

std::optional<double> PopulationStabilityIndex(std::span<const DriftBin> bins) {
  constexpr double kAdded = 0.5;
  double before = 0;
  double now = 0;
  for (const DriftBin& bin : bins) {
    before += static_cast<double>(bin.before);
    now += static_cast<double>(bin.now);
  }
  if (before == 0 || now == 0) {
    return std::nullopt;
  }
  const double added = kAdded * static_cast<double>(bins.size());
  double index = 0;
  for (const DriftBin& bin : bins) {
    const double share_before = (static_cast<double>(bin.before) + kAdded) / (before + added);
    const double share_now = (static_cast<double>(bin.now) + kAdded) / (now + added);
    index += (share_now - share_before) * std::log(share_now / share_before);
  }
  return index;
}

std::optional<double> Cosine(std::span<const std::uint32_t> left_keys, std::span<const double> left,
                             std::span<const std::uint32_t> right_keys,
                             std::span<const double> right) {
  const auto squares = [](std::span<const double> weights) {
    return std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
  };
  const double lengths = std::sqrt(squares(left)) * std::sqrt(squares(right));
  if (lengths == 0) {
    return std::nullopt;
  }
  double product = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < left_keys.size(); ++i) {
    while (at < right_keys.size() && right_keys[at] < left_keys[i]) {
      ++at;
    }
    if (at < right_keys.size() && right_keys[at] == left_keys[i]) {
      product += left[i] * right[at];
    }
  }
  return product / lengths;
}

std::optional<double> SpearmanCorrelation(std::span<const double> left,
                                          std::span<const double> right) {
  const std::vector<double> left_ranks = MeanRanks(left);
  const std::vector<double> right_ranks = MeanRanks(right);
  const double mean = (static_cast<double>(left.size()) + 1) / 2;
  double product = 0;
  double left_squares = 0;
  double right_squares = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double x = left_ranks[i] - mean;
    const double y = right_ranks[i] - mean;
    product += x * y;
    left_squares += x * x;
    right_squares += y * y;
  }
  if (left_squares == 0 || right_squares == 0) {
    return std::nullopt;
  }
  return product / std::sqrt(left_squares) / std::sqrt(right_squares);
}

}  // namespace weir::learn
