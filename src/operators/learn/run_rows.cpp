#include "operators/learn/run_rows.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "data/column_builder.h"
#include "learn/ranking.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/held_out.h"
#include "operators/optional_number.h"

namespace weir::operators {
namespace {

using Longs = NumberColumn<std::int64_t>;
using Doubles = NumberColumn<double>;
using Parameters = std::map<std::string, std::string>;

constexpr auto kAlgorithm = "logistic_regression";

// Keys and values of a map, one a row.
struct TextPairs {
  TextColumn keys;
  TextColumn values;

  std::size_t num_rows() const { return keys.num_rows(); }
  Batch Finish() { return Together(num_rows(), keys, values); }
};

// Common ones, and what was chosen.
Parameters ParametersOf(const SegmentModels& all, const SegmentModel& model) {
  Parameters parameters = all.parameters;
  if (!model.selection) {
    return parameters;
  }
  const learn::GridScore& chosen = model.selection->grid[model.selection->chosen];
  parameters.insert({{"transform", std::string(learn::Name(chosen.point.transform))},
                     {"penalty", std::string(learn::Name(chosen.point.penalty))},
                     {"c", fmt::to_string(chosen.point.c)},
                     {"folds", fmt::to_string(chosen.aucs.size())},
                     {"intercept", fmt::to_string(model.intercept)},
                     {"objective", fmt::to_string(model.selection->objective)}});
  if (!model.warning.empty()) {
    parameters["warning"] = model.warning;
  }
  return parameters;
}

// The rows of `runs`, column by column.
class RunColumns {
 public:
  void Append(const SegmentModels& all, std::int64_t number, const SegmentModel& model) {
    segment_.Append(number);
    status_.Append(model.status);
    reason_.AppendOrNull(model.reason);
    run_id_.Append(model.run_id);
    model_name_.Append(fmt::format("{}{}", all.model_prefix, number));
    model_version_.AppendOrNull(model.selection ? all.model_version : "");
    algorithm_.Append(kAlgorithm);
    for (const auto& [name, value] : ParametersOf(all, model)) {
      parameters_.elements().keys.Append(name);
      parameters_.elements().values.Append(value);
    }
    parameters_.EndRow();
    AppendFigures(model);
    positives_.Append(model.positives);
    negatives_.Append(model.negatives);
    vocabulary_.Append(static_cast<std::int64_t>(model.vocabulary));
    champion_.Append(model.selection.has_value());
    seconds_.Append(model.seconds);
    model_sha256_.AppendOrNull(model.model_sha256);
  }

  Batch Finish() {
    return Together(segment_.num_rows(), segment_, status_, reason_, run_id_, model_name_,
                    model_version_, algorithm_, parameters_, auc_mean_, auc_std_,
                    average_precision_, auc_activity_, auc_naive_bayes_, calibration_error_,
                    positives_, negatives_, vocabulary_, champion_, seconds_, model_sha256_);
  }

 private:
  void AppendFigures(const SegmentModel& model) {
    if (!model.selection) {
      for (Doubles* const column : {&auc_mean_, &auc_std_, &average_precision_, &auc_activity_,
                                    &auc_naive_bayes_, &calibration_error_}) {
        column->AppendNull();
      }
      return;
    }
    const learn::Selection& selection = *model.selection;
    const learn::GridScore& chosen = selection.grid[selection.chosen];
    auc_mean_.Append(chosen.mean);
    auc_std_.Append(chosen.deviation);
    AppendOptional(average_precision_,
                   learn::AveragePrecision(selection.held_out_scores, selection.labels));
    AppendOptional(auc_activity_, selection.activity_auc);
    AppendOptional(auc_naive_bayes_, selection.naive_bayes_auc);
    calibration_error_.Append(
        learn::CalibrationError(HeldOutProbabilities(selection), selection.labels));
  }

  Longs segment_;
  TextColumn status_;
  TextColumn reason_;
  TextColumn run_id_;
  TextColumn model_name_;
  TextColumn model_version_;
  TextColumn algorithm_;
  ListColumn<TextPairs> parameters_;
  Doubles auc_mean_;
  Doubles auc_std_;
  Doubles average_precision_;
  Doubles auc_activity_;
  Doubles auc_naive_bayes_;
  Doubles calibration_error_;
  Longs positives_;
  Longs negatives_;
  Longs vocabulary_;
  BooleanColumn champion_;
  Doubles seconds_;
  TextColumn model_sha256_;
};

}  // namespace

Schema RunsSchema() {
  const DataType text = PlainType(TypeKind::kString);
  return {{LongField("segment_id"),
           TextField("status"),
           TextField("reason", true),
           TextField("run_id"),
           TextField("model_name"),
           TextField("model_version", true),
           TextField("algorithm"),
           {.name = "parameters", .type = MapOf(text, text), .nullable = false},
           DoubleField("auc_mean", true),
           DoubleField("auc_std", true),
           DoubleField("average_precision", true),
           DoubleField("auc_activity", true),
           DoubleField("auc_naive_bayes", true),
           DoubleField("calibration_error", true),
           LongField("positives"),
           LongField("negatives"),
           LongField("vocabulary"),
           PlainField("champion", TypeKind::kBoolean, false),
           DoubleField("seconds"),
           TextField("model_sha256", true)}};
}

BatchSource RunRows(SharedModels models) {
  return BySegment(std::move(models),
                   [](const SegmentModels& all, std::int64_t segment, const SegmentModel& model) {
                     RunColumns columns;
                     columns.Append(all, segment, model);
                     return std::optional(columns.Finish());
                   });
}

}  // namespace weir::operators
