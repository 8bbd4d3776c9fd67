#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir::learn {

// How well scores put positives before negatives. `labels` are 0 or 1, beside `scores`, which are
// finite. Each costs one sort.

// The area under the ROC curve: the share of (positive, negative) pairs in the right order, ties
// counting half (Mann and Whitney, 1947). Absent unless both classes are there.
std::optional<double> RocAuc(std::span<const double> scores, std::span<const std::uint8_t> labels);

// Σ (recall_k − recall_{k−1}) · precision_k over the thresholds from high to low, equal scores
// taken together, as scikit-learn has it. Absent without positives.
std::optional<double> AveragePrecision(std::span<const double> scores,
                                       std::span<const std::uint8_t> labels);

// One corner of the ROC curve: rates among the rows with at least this score.
struct RocPoint {
  double threshold = 0;
  double false_positive_rate = 0;
  double true_positive_rate = 0;

  friend bool operator==(const RocPoint&, const RocPoint&) = default;
};

// The curve from (0, 0), threshold +∞, to (1, 1): one point a distinct score, and of those on one
// straight line the ends alone. Empty unless both classes are there.
std::vector<RocPoint> RocCurve(std::span<const double> scores,
                               std::span<const std::uint8_t> labels);

// Σ over ten bins of equal width of (rows in it / rows) · |mean probability − share of positives|
// (Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
// 2015). 0 without rows.
double CalibrationError(std::span<const double> probabilities,
                        std::span<const std::uint8_t> labels);

}  // namespace weir::learn
