#include "operators/learn/model_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "data/column_builder.h"
#include "learn/ranking.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/held_out.h"
#include "operators/learn/model_file.h"
#include "operators/optional_number.h"

namespace weir::operators {
namespace {

using Longs = NumberColumn<std::int64_t>;
using Doubles = NumberColumn<double>;

// One batch a segment with a model.
BatchSource ByModel(
    SharedModels models,
    std::function<Batch(const SegmentModels&, std::int64_t, const SegmentModel&)> make) {
  return BySegment(std::move(models),
                   [make = std::move(make)](const SegmentModels& all, std::int64_t segment,
                                            const SegmentModel& model) -> std::optional<Batch> {
                     if (!model.selection) {
                       return std::nullopt;
                     }
                     return make(all, segment, model);
                   });
}

}  // namespace

Schema WeightsSchema() {
  return {{LongField("segment_id"), TextField("run_id"), TextField("token"), DoubleField("weight"),
           LongField("people")}};
}

BatchSource WeightRows(SharedModels models) {
  return ByModel(std::move(models),
                 [](const SegmentModels& all, std::int64_t number, const SegmentModel& model) {
                   const learn::Selection& selection = *model.selection;
                   Longs segment;
                   TextColumn run_id;
                   TextColumn token;
                   Doubles weight;
                   Longs people;
                   for (std::size_t i = 0; i < selection.terms.size(); ++i) {
                     const std::uint32_t term = selection.terms[i];
                     segment.Append(number);
                     run_id.Append(model.run_id);
                     token.Append(all.histories.tokens[all.vocabulary.tokens[term]]);
                     weight.Append(selection.weights[i]);
                     people.Append(static_cast<std::int64_t>(all.vocabulary.people[term]));
                   }
                   return Together(selection.terms.size(), segment, run_id, token, weight, people);
                 });
}

Schema FoldWeightsSchema() {
  return {{LongField("segment_id"), TextField("run_id"), LongField("fold"), TextField("token"),
           DoubleField("weight")}};
}

BatchSource FoldWeightRows(SharedModels models) {
  return ByModel(std::move(models), [](const SegmentModels& all, std::int64_t number,
                                       const SegmentModel& model) {
    Longs segment;
    TextColumn run_id;
    Longs fold;
    TextColumn token;
    Doubles weight;
    const auto append = [&](std::size_t of_fold, std::string_view name, double value) {
      segment.Append(number);
      run_id.Append(model.run_id);
      fold.Append(static_cast<std::int64_t>(of_fold));
      token.Append(name);
      weight.Append(value);
    };
    for (const learn::FoldWeights& found : model.selection->folds) {
      append(found.fold, "", found.intercept);
      for (std::size_t i = 0; i < found.terms.size(); ++i) {
        append(found.fold, all.histories.tokens[all.vocabulary.tokens[found.terms[i]]],
               found.weights[i]);
      }
    }
    return Together(weight.num_rows(), segment, run_id, fold, token, weight);
  });
}

Schema GridSchema() {
  return {{LongField("segment_id"), TextField("transform"), TextField("penalty"), DoubleField("c"),
           LongField("fold"), DoubleField("auc", true)}};
}

BatchSource GridRows(SharedModels models) {
  return ByModel(std::move(models),
                 [](const SegmentModels&, std::int64_t number, const SegmentModel& model) {
                   const learn::Selection& selection = *model.selection;
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
  return ByModel(
      std::move(models), [](const SegmentModels&, std::int64_t number, const SegmentModel& model) {
        const learn::Selection& selection = *model.selection;
        Longs segment;
        Doubles threshold;
        Doubles false_positives;
        Doubles true_positives;
        for (const learn::RocPoint& point :
             learn::RocCurve(HeldOutProbabilities(selection), selection.labels)) {
          segment.Append(number);
          AppendOptional(threshold, std::isinf(point.threshold) ? std::nullopt
                                                                : std::optional(point.threshold));
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
                 [](const SegmentModels&, std::int64_t number, const SegmentModel& model) {
                   const learn::Selection& selection = *model.selection;
                   constexpr std::size_t kBins = 20;
                   std::array<std::array<std::int64_t, 2>, kBins> counts{};
                   const std::vector<double> probabilities = HeldOutProbabilities(selection);
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

Schema ModelsSchema() {
  return {{LongField("segment_id"), TextField("run_id"), TextField("model_sha256"),
           PlainField("model", TypeKind::kBinary, false), TextField("ml_model")}};
}

BatchSource ModelRows(SharedModels models) {
  return ByModel(std::move(models),
                 [](const SegmentModels& all, std::int64_t number, const SegmentModel& model) {
                   Longs segment;
                   TextColumn run_id;
                   TextColumn sha256;
                   TextColumn bytes;
                   TextColumn ml_model;
                   segment.Append(number);
                   run_id.Append(model.run_id);
                   sha256.Append(model.model_sha256);
                   bytes.Append(ModelBytes(all, model));
                   ml_model.Append(MlModelText(model.run_id));
                   return Together(1, segment, run_id, sha256, bytes, ml_model);
                 });
}

}  // namespace weir::operators
