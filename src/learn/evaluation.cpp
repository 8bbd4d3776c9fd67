#include "learn/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "learn/ranking.h"

namespace weir::learn {
namespace {

constexpr std::size_t kLanes = kReplicatesOfBlock;
using Lanes = std::array<double, kLanes>;

// Rows from the highest score to the lowest, and where each score's rows end.
struct RankedRows {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> ends;
};

RankedRows Ranked(std::span<const double> scores) {
  RankedRows ranked;
  ranked.rows.resize(scores.size());
  std::iota(ranked.rows.begin(), ranked.rows.end(), 0U);
  std::ranges::stable_sort(ranked.rows, std::greater{},
                           [&](std::uint32_t row) { return scores[row]; });
  for (std::uint32_t at = 1; at <= scores.size(); ++at) {
    if (at == scores.size() || scores[ranked.rows[at]] != scores[ranked.rows[at - 1]]) {
      ranked.ends.push_back(at);
    }
  }
  return ranked;
}

// Weighted rows with one score, by replicate of a block.
struct Group {
  Lanes positives{};
  Lanes negatives{};
};

// Figures of one ranking as its rows go by, from the best on, for all replicates of a block.
class RankingSums {
 public:
  // `totals`: weights of all rows.
  explicit RankingSums(const Group& totals) : totals_(totals) {}

  void Add(const Group& group, bool has_positives) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      area_[lane] += group.negatives[lane] * (positives_[lane] + group.positives[lane] / 2);
      const double before = positives_[lane] + negatives_[lane];
      const double added = group.positives[lane] + group.negatives[lane];
      Capture(lane, before, added, group.positives[lane]);
      positives_[lane] += group.positives[lane];
      negatives_[lane] += group.negatives[lane];
    }
    if (!has_positives) {
      return;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (group.positives[lane] > 0) {
        precision_[lane] +=
            group.positives[lane] * positives_[lane] / (positives_[lane] + negatives_[lane]);
      }
    }
  }

  RankingFigures Of(std::size_t lane) const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const double positives = totals_.positives[lane];
    const double pairs = positives * totals_.negatives[lane];
    RankingFigures figures;
    figures.auc = pairs > 0 ? area_[lane] / pairs : kNone;
    figures.average_precision = positives > 0 ? precision_[lane] / positives : kNone;
    for (std::size_t reach = 0; reach < kReaches.size(); ++reach) {
      figures.captured[reach] = positives > 0 ? captured_[reach][lane] / positives : kNone;
    }
    return figures;
  }

 private:
  // A group that reaches over the edge of a reach counts in part.
  void Capture(std::size_t lane, double before, double added, double positives) {
    const double all = totals_.positives[lane] + totals_.negatives[lane];
    std::size_t& next = next_reach_[lane];
    while (added > 0 && next < kReaches.size() && before + added >= kReaches[next] * all) {
      const double share = std::max(0.0, (kReaches[next] * all - before) / added);
      captured_[next][lane] = positives_[lane] + std::min(1.0, share) * positives;
      ++next;
    }
  }

  const Group& totals_;
  Lanes positives_{};
  Lanes negatives_{};
  Lanes area_{};
  Lanes precision_{};
  std::array<Lanes, kReaches.size()> captured_{};
  std::array<std::size_t, kLanes> next_reach_{};
};

void AddRow(const BlockWeights& weights, bool is_positive, Group& group) {
  Lanes& side = is_positive ? group.positives : group.negatives;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    side[lane] += weights[lane];
  }
}

Group TotalsOf(std::span<const BlockWeights> weights, std::span<const std::uint8_t> labels) {
  Group totals;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    AddRow(weights[row], labels[row] != 0, totals);
  }
  return totals;
}

// `totals` must outlive the sums.
RankingSums SumsOf(const RankedRows& ranked, std::span<const BlockWeights> weights,
                   std::span<const std::uint8_t> labels, const Group& totals) {
  RankingSums sums(totals);
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ranked.ends) {
    Group group;
    bool has_positives = false;
    for (std::uint32_t at = begin; at < end; ++at) {
      const std::uint32_t row = ranked.rows[at];
      has_positives = has_positives || labels[row] != 0;
      AddRow(weights[row], labels[row] != 0, group);
    }
    sums.Add(group, has_positives);
    begin = end;
  }
  return sums;
}

// One segment with its rankings, made once for all blocks.
struct RankedSegment {
  const EvaluatedRows& rows;
  std::vector<RankedRows> rankings;  // by method
};

void EvaluateBlock(const RankedSegment& segment, std::size_t block, const BootstrapOptions& options,
                   std::vector<MethodReplicates>& found) {
  const EvaluatedRows& rows = segment.rows;
  std::vector<BlockWeights> weights(rows.people.size());
  for (std::size_t row = 0; row < weights.size(); ++row) {
    weights[row] = PoissonWeights(rows.people[row], options.seed, block);
  }
  const Group totals = TotalsOf(weights, rows.labels);
  for (std::size_t method = 0; method < segment.rankings.size(); ++method) {
    const RankingSums sums = SumsOf(segment.rankings[method], weights, rows.labels, totals);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const RankingFigures figures = sums.Of(lane);
      const std::size_t replicate = block * kLanes + lane;
      found[method].auc[replicate] = figures.auc;
      found[method].average_precision[replicate] = figures.average_precision;
      for (std::size_t reach = 0; reach < kReaches.size(); ++reach) {
        found[method].captured[reach][replicate] = figures.captured[reach];
      }
    }
  }
}

std::vector<MethodReplicates> OnEverybody(const RankedSegment& segment, std::size_t replicates) {
  BlockWeights once;
  once.fill(1);
  const std::vector<BlockWeights> weights(segment.rows.people.size(), once);
  const Group totals = TotalsOf(weights, segment.rows.labels);
  std::vector<MethodReplicates> found;
  for (const RankedRows& ranked : segment.rankings) {
    MethodReplicates& method = found.emplace_back();
    method.all = SumsOf(ranked, weights, segment.rows.labels, totals).Of(0);
    method.auc.resize(replicates);
    method.average_precision.resize(replicates);
    for (std::vector<double>& captured : method.captured) {
      captured.resize(replicates);
    }
  }
  return found;
}

}  // namespace

std::vector<std::vector<MethodReplicates>> EvaluateRankings(std::span<const EvaluatedRows> segments,
                                                            const BootstrapOptions& options) {
  const std::size_t blocks = (options.replicates + kLanes - 1) / kLanes;
  std::vector<std::vector<MethodReplicates>> found;
  for (const EvaluatedRows& rows : segments) {
    RankedSegment segment{.rows = rows, .rankings = {}};
    std::ranges::transform(rows.scores, std::back_inserter(segment.rankings), Ranked);
    std::vector<MethodReplicates>& methods =
        found.emplace_back(OnEverybody(segment, blocks * kLanes));
    ParallelFor(blocks, options.threads, [&](std::size_t block) {
      if (options.stop.stop_requested()) {
        throw CancelledError();
      }
      EvaluateBlock(segment, block, options, methods);
    });
  }
  return found;
}

std::vector<double> TruePositiveRates(std::span<const double> scores,
                                      std::span<const std::uint8_t> labels) {
  const std::vector<RocPoint> curve = RocCurve(scores, labels);
  std::vector<double> rates;
  if (curve.empty()) {
    return rates;
  }
  std::size_t after = 1;
  for (std::size_t point = 1; point <= kCurvePoints; ++point) {
    const double wanted = static_cast<double>(point) / kCurvePoints;
    // Of several corners at one rate the highest.
    while (after + 1 < curve.size() && curve[after].false_positive_rate <= wanted) {
      ++after;
    }
    const RocPoint& left = curve[after - 1];
    const RocPoint& right = curve[after];
    const double width = right.false_positive_rate - left.false_positive_rate;
    const double share =
        width > 0 ? std::min(1.0, (wanted - left.false_positive_rate) / width) : 1.0;
    rates.push_back(left.true_positive_rate +
                    share * (right.true_positive_rate - left.true_positive_rate));
  }
  return rates;
}

std::vector<double> PrecisionsByRecall(std::span<const double> scores,
                                       std::span<const std::uint8_t> labels) {
  const auto all = static_cast<std::size_t>(
      std::ranges::count_if(labels, [](std::uint8_t label) { return label != 0; }));
  std::vector<double> precisions;
  if (all == 0) {
    return precisions;
  }
  const RankedRows ranked = Ranked(scores);
  std::size_t positives = 0;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ranked.ends) {
    for (std::uint32_t at = begin; at < end; ++at) {
      positives += labels[ranked.rows[at]] != 0 ? 1 : 0;
    }
    // Recall ≥ point / 100, in whole numbers.
    while (precisions.size() < kCurvePoints &&
           positives * kCurvePoints >= (precisions.size() + 1) * all) {
      precisions.push_back(static_cast<double>(positives) / end);
    }
    begin = end;
  }
  return precisions;
}

std::vector<CalibrationBin> CalibrationBins(std::span<const double> probabilities,
                                            std::span<const std::uint8_t> labels) {
  constexpr std::size_t kBins = 10;
  std::vector<std::uint32_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t row) { return probabilities[row]; });
  std::vector<CalibrationBin> bins;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t begin = bin * order.size() / kBins;
    const std::size_t end = (bin + 1) * order.size() / kBins;
    if (begin == end) {
      continue;
    }
    CalibrationBin& made = bins.emplace_back();
    made.people = end - begin;
    for (std::size_t at = begin; at < end; ++at) {
      made.predicted += probabilities[order[at]];
      made.observed += labels[order[at]] != 0 ? 1 : 0;
    }
    made.predicted /= static_cast<double>(made.people);
    made.observed /= static_cast<double>(made.people);
  }
  return bins;
}

}  // namespace weir::learn
