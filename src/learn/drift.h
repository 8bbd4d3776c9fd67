#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir::learn {

// People of two days by score, in bins.
struct DriftBin {
  double upper = 0;  // the highest score in it; +∞ in the last
  std::uint64_t before = 0;
  std::uint64_t now = 0;

  friend bool operator==(const DriftBin&, const DriftBin&) = default;
};

// Bins with a tenth of the scores before each, as far as equal ones allow. Empty without scores
// before. Two sorts.
std::vector<DriftBin> DriftBins(std::span<const double> before, std::span<const double> now);

// Σ (share now − share before) · ln(share now / share before), each count with ½ added, so that
// empty bins tell something and not everything (Siddiqi, "Credit risk scorecards", 2006; Yurdakul,
// "Statistical properties of population stability index", 2018). Below 0.1 is taken for the same,
// above 0.2 for another population. Absent where one of the two days has nobody.
std::optional<double> PopulationStabilityIndex(std::span<const DriftBin> bins);

// The cosine of two weight vectors, each given by its own tokens' weights beside ascending keys.
// Absent where one of them is zero.
std::optional<double> Cosine(std::span<const std::uint32_t> left_keys, std::span<const double> left,
                             std::span<const std::uint32_t> right_keys,
                             std::span<const double> right);

// Spearman's correlation: Pearson's of the ranks, equal values having the mean of theirs. Absent
// where one side is constant. `left` and `right` are of one length. Two sorts.
std::optional<double> SpearmanCorrelation(std::span<const double> left,
                                          std::span<const double> right);

}  // namespace weir::learn
