#include "operators/learn/model_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "data/column_builder.h"
#include "learn/ranking.h"
#include "operators/columns_together.h"
#include "operators/fields.h"

namespace weir::operators {
namespace {

using Longs = NumberColumn<std::int64_t>;
using Doubles = NumberColumn<double>;

// One batch a segment that `make` makes one for.
BatchSource BySegment(
    SharedModels models,
    std::function<std::optional<Batch>(const SegmentModels&, std::int64_t, const SegmentModel&)>
        make) {
  auto next = models->segments.begin();
  return
      [models = std::move(models), make = std::move(make), next]() mutable -> std::optional<Batch> {
        while (next != models->segments.end()) {
          const auto& [segment, model] = *next++;
          if (auto batch = make(*models, segment, model)) {
            return batch;
          }
        }
        return std::nullopt;
      };
}

// The same for segments with a model.
BatchSource ByModel(
    SharedModels models,
    std::function<Batch(const SegmentModels&, std::int64_t, const learn::Selection&)> make) {
  return BySegment(std::move(models),
                   [make = std::move(make)](const SegmentModels& all, std::int64_t segment,
                                            const SegmentModel& model) -> std::optional<Batch> {
                     if (!model.selection) {
                       return std::nullopt;
                     }
                     return make(all, segment, *model.selection);
                   });
}

void AppendOptional(Doubles& column, const std::optional<double>& value) {
  if (value) {
    column.Append(*value);
  } else {
    column.AppendNull();
  }
}

std::vector<double> Probabilities(const learn::Selection& selection) {
  std::vector<double> probabilities;
  for (const double score : selection.held_out_scores) {
    probabilities.push_back(1 / (1 + std::exp(-score)));
  }
  return probabilities;
}

// The figures of one run, in the order of RunsSchema(); none without a model.
std::array<std::optional<double>, 9> FiguresOf(const SegmentModel& model) {
  if (!model.selection) {
    return {};
  }
  const learn::Selection& selection = *model.selection;
  const learn::GridScore& chosen = selection.grid[selection.chosen];
  return {chosen.point.c,
          chosen.mean,
          chosen.deviation,
          learn::AveragePrecision(selection.held_out_scores, selection.labels),
          selection.activity_auc,
          selection.naive_bayes_auc,
          learn::CalibrationError(Probabilities(selection), selection.labels),
          model.intercept,
          selection.objective};
}

Batch OneRun(std::int64_t number, const SegmentModel& model) {
  Longs segment;
  TextColumn status;
  TextColumn reason;
  TextColumn transform;
  TextColumn penalty;
  std::array<Doubles, 9> figures;
  std::array<Longs, 3> sizes;
  Doubles seconds;
  segment.Append(number);
  status.Append(model.status);
  reason.AppendOrNull(model.reason);
  const auto& selection = model.selection;
  const auto* point = selection ? &selection->grid[selection->chosen].point : nullptr;
  transform.AppendOrNull(point != nullptr ? learn::Name(point->transform) : "");
  penalty.AppendOrNull(point != nullptr ? learn::Name(point->penalty) : "");
  const auto values = FiguresOf(model);
  for (std::size_t i = 0; i < values.size(); ++i) {
    AppendOptional(figures[i], values[i]);
  }
  sizes[0].Append(model.positives);
  sizes[1].Append(model.negatives);
  sizes[2].Append(static_cast<std::int64_t>(model.vocabulary));
  seconds.Append(model.seconds);
  return Together(1, segment, status, reason, transform, penalty, figures[0], figures[1],
                  figures[2], figures[3], figures[4], figures[5], figures[6], figures[7],
                  figures[8], sizes[0], sizes[1], sizes[2], seconds);
}

}  // namespace

Schema RunsSchema() {
  return {{LongField("segment_id"), TextField("status"), TextField("reason", true),
           TextField("transform", true), TextField("penalty", true), DoubleField("c", true),
           DoubleField("auc_mean", true), DoubleField("auc_std", true),
           DoubleField("average_precision", true), DoubleField("auc_activity", true),
           DoubleField("auc_naive_bayes", true), DoubleField("calibration_error", true),
           DoubleField("intercept", true), DoubleField("objective", true), LongField("positives"),
           LongField("negatives"), LongField("vocabulary"), DoubleField("seconds")}};
}

BatchSource RunRows(SharedModels models) {
  return BySegment(std::move(models),
                   [](const SegmentModels&, std::int64_t segment, const SegmentModel& model) {
                     return std::optional(OneRun(segment, model));
                   });
}

Schema WeightsSchema() {
  return {
      {LongField("segment_id"), TextField("token"), DoubleField("weight"), LongField("people")}};
}

BatchSource WeightRows(SharedModels models) {
  return ByModel(std::move(models), [](const SegmentModels& all, std::int64_t number,
                                       const learn::Selection& selection) {
    Longs segment;
    TextColumn token;
    Doubles weight;
    Longs people;
    for (std::size_t i = 0; i < selection.terms.size(); ++i) {
      const std::uint32_t term = selection.terms[i];
      segment.Append(number);
      token.Append(all.histories.tokens[all.vocabulary.tokens[term]]);
      weight.Append(selection.weights[i]);
      people.Append(static_cast<std::int64_t>(all.vocabulary.people[term]));
    }
    return Together(selection.terms.size(), segment, token, weight, people);
  });
}

Schema GridSchema() {
  return {{LongField("segment_id"), TextField("transform"), TextField("penalty"), DoubleField("c"),
           LongField("fold"), DoubleField("auc", true)}};
}

BatchSource GridRows(SharedModels models) {
  return ByModel(std::move(models),
                 [](const SegmentModels&, std::int64_t number, const learn::Selection& selection) {
                   Longs segment;
                   TextColumn transform;
                   TextColumn penalty;
                   Doubles c;
                   Longs fold;
                   Doubles auc;
                   for (const learn::GridScore& score : selection.grid) {
                     for (std::size_t i = 0; i < score.aucs.size(); ++i) {
                       segment.Append(number);
                       transform.Append(learn::Name(score.point.transform));
                       penalty.Append(learn::Name(score.point.penalty));
                       c.Append(score.point.c);
                       fold.Append(static_cast<std::int64_t>(i));
                       AppendOptional(auc, score.aucs[i]);
                     }
                   }
                   return Together(auc.num_rows(), segment, transform, penalty, c, fold, auc);
                 });
}

Schema RocSchema() {
  return {{LongField("segment_id"), DoubleField("threshold", true),
           DoubleField("false_positive_rate"), DoubleField("true_positive_rate")}};
}

BatchSource RocRows(SharedModels models) {
  return ByModel(std::move(models), [](const SegmentModels&, std::int64_t number,
                                       const learn::Selection& selection) {
    Longs segment;
    Doubles threshold;
    Doubles false_positives;
    Doubles true_positives;
    for (const learn::RocPoint& point :
         learn::RocCurve(Probabilities(selection), selection.labels)) {
      segment.Append(number);
      AppendOptional(threshold,
                     std::isinf(point.threshold) ? std::nullopt : std::optional(point.threshold));
      false_positives.Append(point.false_positive_rate);
      true_positives.Append(point.true_positive_rate);
    }
    return Together(segment.num_rows(), segment, threshold, false_positives, true_positives);
  });
}

Schema ScoresSchema() {
  return {{LongField("segment_id"), DoubleField("lower"), DoubleField("upper"),
           LongField("positives"), LongField("negatives")}};
}

BatchSource ScoreRows(SharedModels models) {
  return ByModel(std::move(models),
                 [](const SegmentModels&, std::int64_t number, const learn::Selection& selection) {
                   constexpr std::size_t kBins = 20;
                   std::array<std::array<std::int64_t, 2>, kBins> counts{};
                   const std::vector<double> probabilities = Probabilities(selection);
                   for (std::size_t row = 0; row < probabilities.size(); ++row) {
                     const auto bin = static_cast<std::size_t>(probabilities[row] * kBins);
                     ++counts[std::min(bin, kBins - 1)][selection.labels[row] != 0 ? 1 : 0];
                   }
                   Longs segment;
                   Doubles lower;
                   Doubles upper;
                   Longs positives;
                   Longs negatives;
                   for (std::size_t bin = 0; bin < kBins; ++bin) {
                     segment.Append(number);
                     lower.Append(static_cast<double>(bin) / kBins);
                     upper.Append(static_cast<double>(bin + 1) / kBins);
                     positives.Append(counts[bin][1]);
                     negatives.Append(counts[bin][0]);
                   }
                   return Together(kBins, segment, lower, upper, positives, negatives);
                 });
}

}  // namespace weir::operators
