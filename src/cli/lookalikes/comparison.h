#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/lookalikes/old_system_files.h"
#include "lake/query.h"
#include "learn/bootstrap.h"

namespace weir::cli {

// What is compared: the evaluation of a region and day.
struct ComparedDay {
  std::string region;
  std::string day;     // on which it was evaluated
  std::string judged;  // the day whose models it judged
};

// One segment, old and new. Figures are absent where one side lacks what they are made of.
struct SegmentComparison {
  std::int64_t segment_id = 0;
  std::string ranked_by;  // what the old AUC is of: scores, token_weights, members; empty: nothing
  std::int64_t people = 0;     // who were ranked by both
  std::int64_t positives = 0;  // of them
  std::optional<double> old_auc{};
  std::optional<double> new_auc{};
  std::optional<learn::Interval> gain{};  // of new_auc − old_auc, by paired bootstrap
  std::optional<double> weights_spearman{};
  std::optional<double> scores_spearman{};
  std::optional<std::int64_t> old_size{};
  std::optional<std::int64_t> new_size{};
  std::optional<double> overlap{};  // share of the best of both, as many of each, that are the same
};

// Segments of the day's evaluation, by id. The same on every run. Old people without a score come
// last; token weights are added up over the tokens that somebody had on the judged day.
std::vector<SegmentComparison> CompareSegments(lake::QuerySession& session, const ComparedDay& day,
                                               const OldLookalikes& old);

}  // namespace weir::cli
