#include "learn/ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace weir::learn {
namespace {

// Rows with one score.
struct Tie {
  double score = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
};

// From the highest score to the lowest.
std::vector<Tie> Ties(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, std::greater{}, [&](std::uint32_t row) { return scores[row]; });
  std::vector<Tie> ties;
  for (const std::uint32_t row : order) {
    if (ties.empty() || ties.back().score != scores[row]) {
      ties.push_back({.score = scores[row]});
    }
    ++(labels[row] != 0 ? ties.back().positives : ties.back().negatives);
  }
  return ties;
}

struct Classes {
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
};

Classes CountClasses(std::span<const std::uint8_t> labels) {
  const auto positives = static_cast<std::uint64_t>(
      std::ranges::count_if(labels, [](std::uint8_t label) { return label != 0; }));
  return {.positives = positives, .negatives = labels.size() - positives};
}

// Whether `middle` lies on the line from `left` to `right`, in counts.
bool IsOnLine(const Classes& left, const Classes& middle, const Classes& right) {
  return (middle.positives - left.positives) * (right.negatives - middle.negatives) ==
         (right.positives - middle.positives) * (middle.negatives - left.negatives);
}

}  // namespace

std::optional<double> RocAuc(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  const auto [positives, negatives] = CountClasses(labels);
  if (positives == 0 || negatives == 0) {
    return std::nullopt;
  }
  // Twice the pairs in the right order, so that ties stay whole numbers.
  std::uint64_t twice = 0;
  std::uint64_t positives_above = 0;
  for (const Tie& tie : Ties(scores, labels)) {
    twice += tie.negatives * (2 * positives_above + tie.positives);
    positives_above += tie.positives;
  }
  return static_cast<double>(twice) / 2 / static_cast<double>(positives) /
         static_cast<double>(negatives);
}

std::optional<double> AveragePrecision(std::span<const double> scores,
                                       std::span<const std::uint8_t> labels) {
  const auto [positives, negatives] = CountClasses(labels);
  if (positives == 0) {
    return std::nullopt;
  }
  double sum = 0;
  Classes above;
  for (const Tie& tie : Ties(scores, labels)) {
    above.positives += tie.positives;
    above.negatives += tie.negatives;
    const auto rows = static_cast<double>(above.positives + above.negatives);
    sum += static_cast<double>(tie.positives) * static_cast<double>(above.positives) / rows;
  }
  return sum / static_cast<double>(positives);
}

std::vector<RocPoint> RocCurve(std::span<const double> scores,
                               std::span<const std::uint8_t> labels) {
  const Classes all = CountClasses(labels);
  if (all.positives == 0 || all.negatives == 0) {
    return {};
  }
  std::vector<Classes> corners{{}};
  std::vector<double> thresholds{std::numeric_limits<double>::infinity()};
  for (const Tie& tie : Ties(scores, labels)) {
    const Classes next{.positives = corners.back().positives + tie.positives,
                       .negatives = corners.back().negatives + tie.negatives};
    if (corners.size() > 1 && IsOnLine(corners[corners.size() - 2], corners.back(), next)) {
      corners.pop_back();
      thresholds.pop_back();
    }
    corners.push_back(next);
    thresholds.push_back(tie.score);
  }
  std::vector<RocPoint> curve;
  curve.reserve(corners.size());
  for (std::size_t i = 0; i < corners.size(); ++i) {
    curve.push_back({.threshold = thresholds[i],
                     .false_positive_rate = static_cast<double>(corners[i].negatives) /
                                            static_cast<double>(all.negatives),
                     .true_positive_rate = static_cast<double>(corners[i].positives) /
                                           static_cast<double>(all.positives)});
  }
  return curve;
}

double CalibrationError(std::span<const double> probabilities,
                        std::span<const std::uint8_t> labels) {
  constexpr std::size_t kBins = 10;
  struct Bin {
    double probability = 0;
    double positives = 0;
  };
  std::array<Bin, kBins> bins;
  for (std::size_t row = 0; row < probabilities.size(); ++row) {
    const auto index = static_cast<std::size_t>(probabilities[row] * kBins);
    Bin& bin = bins[std::min(index, kBins - 1)];
    bin.probability += probabilities[row];
    bin.positives += labels[row] != 0 ? 1 : 0;
  }
  double error = 0;
  for (const Bin& bin : bins) {
    error += std::abs(bin.probability - bin.positives);
  }
  return probabilities.empty() ? 0 : error / static_cast<double>(probabilities.size());
}

}  // namespace weir::learn
