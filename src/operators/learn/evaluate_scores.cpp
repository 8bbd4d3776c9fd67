#include "operators/learn/evaluate_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "data/column_builder.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/evaluated_segments.h"
#include "operators/learn/required_relation.h"
#include "operators/optional_number.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;
using Members = std::vector<const EvaluatedSegment*>;

// What figures are of: one segment, or all together.
struct EvaluationScope {
  std::optional<std::int64_t> segment;
  Members members;
};

// All together come last. Not if there is nothing.
std::vector<EvaluationScope> ScopesOf(const EvaluatedSegments& all) {
  std::vector<EvaluationScope> scopes;
  Members everything;
  for (const auto& [number, segment] : all.segments) {
    scopes.push_back({.segment = number, .members = {&segment}});
    everything.push_back(&segment);
  }
  if (!everything.empty()) {
    scopes.push_back({.segment = std::nullopt, .members = everything});
  }
  return scopes;
}

// Those that have the method, and both classes.
Members WithMethod(const Members& members, std::size_t method) {
  Members with;
  for (const EvaluatedSegment* const member : members) {
    const auto& found = member->found[method];
    if (found && !std::isnan(found->all.auc)) {
      with.push_back(member);
    }
  }
  return with;
}

void AppendScope(NumberColumn<std::int64_t>& column, const EvaluationScope& scope) {
  if (scope.segment) {
    column.Append(*scope.segment);
  } else {
    column.AppendNull();
  }
}

// A figure and its interval as three columns.
struct EstimateColumns {
  NumberColumn<double> value;
  NumberColumn<double> lower;
  NumberColumn<double> upper;

  void Append(const std::optional<Estimate>& estimate) {
    const auto number = [](double found) {
      return std::isnan(found) ? std::nullopt : std::optional(found);
    };
    AppendOptional(value, estimate ? number(estimate->value) : std::nullopt);
    AppendOptional(lower, estimate ? number(estimate->interval.lower) : std::nullopt);
    AppendOptional(upper, estimate ? number(estimate->interval.upper) : std::nullopt);
  }
};

Schema FiguresSchema() {
  return {{LongField("segment_id", true), TextField("method"), LongField("segments"),
           LongField("people"), LongField("positives"), DoubleField("auc", true),
           DoubleField("auc_lower", true), DoubleField("auc_upper", true),
           DoubleField("average_precision", true), DoubleField("average_precision_lower", true),
           DoubleField("average_precision_upper", true), DoubleField("auc_behind", true),
           DoubleField("auc_behind_lower", true), DoubleField("auc_behind_upper", true)}};
}

class FigureRows {
 public:
  FigureRows(const EvaluatedSegments& all, std::size_t replicates)
      : all_(all), replicates_(replicates) {}

  void Append(const EvaluationScope& scope, std::size_t method) {
    const Members members = WithMethod(scope.members, method);
    const Members& counted = members.empty() ? scope.members : members;
    std::int64_t people = 0;
    std::int64_t positives = 0;
    for (const EvaluatedSegment* const member : counted) {
      people += std::ssize(member->people);
      positives += member->num_positives();
    }
    AppendScope(segment_, scope);
    method_.Append(all_.methods[method]);
    segments_.Append(std::ssize(members));
    people_.Append(people);
    positives_.Append(positives);
    auc_.Append(EstimateOf(members, replicates_, [&](const auto& segment, std::size_t replicate) {
      return AucOf(segment, method, replicate);
    }));
    precision_.Append(
        EstimateOf(members, replicates_, [&](const auto& segment, std::size_t replicate) {
          const learn::MethodReplicates& found = FoundOf(segment, method);
          return replicate == kEverybody ? found.all.average_precision
                                         : found.average_precision[replicate];
        }));
    behind_.Append(method == 0 ? std::nullopt : Behind(members, method));
  }

  Batch Finish() {
    return Together(segment_.num_rows(), segment_, method_, segments_, people_, positives_,
                    auc_.value, auc_.lower, auc_.upper, precision_.value, precision_.lower,
                    precision_.upper, behind_.value, behind_.lower, behind_.upper);
  }

 private:
  // How much less than the first method, on the same people.
  std::optional<Estimate> Behind(const Members& members, std::size_t method) const {
    return EstimateOf(WithMethod(members, 0), replicates_,
                      [&](const auto& segment, std::size_t replicate) {
                        return AucOf(segment, 0, replicate) - AucOf(segment, method, replicate);
                      });
  }

  const EvaluatedSegments& all_;
  std::size_t replicates_;
  NumberColumn<std::int64_t> segment_;
  TextColumn method_;
  NumberColumn<std::int64_t> segments_;
  NumberColumn<std::int64_t> people_;
  NumberColumn<std::int64_t> positives_;
  EstimateColumns auc_;
  EstimateColumns precision_;
  EstimateColumns behind_;
};

Schema CurvesSchema() {
  return {{LongField("segment_id", true), TextField("method"), TextField("curve"), DoubleField("x"),
           DoubleField("y"), DoubleField("lower", true), DoubleField("upper", true)}};
}

class CurveRows {
 public:
  CurveRows(const EvaluatedSegments& all, std::size_t replicates)
      : all_(all), replicates_(replicates) {}

  void Append(const EvaluationScope& scope, std::size_t method) {
    const Members members = WithMethod(scope.members, method);
    if (members.empty()) {
      return;
    }
    AppendExact(scope, method, members, "roc", learn::TruePositiveRates);
    AppendExact(scope, method, members, "precision_recall", learn::PrecisionsByRecall);
    for (std::size_t reach = 0; reach < learn::kReaches.size(); ++reach) {
      AppendReach(scope, method, members, reach);
    }
    if (method == 0 && scope.segment) {
      AppendCalibration(scope, *members.front());
    }
  }

  Batch Finish() {
    return Together(segment_.num_rows(), segment_, method_, curve_, x_, y_.value, y_.lower,
                    y_.upper);
  }

 private:
  void AppendPoint(const EvaluationScope& scope, std::size_t method, std::string_view curve,
                   double x, const std::optional<Estimate>& y) {
    AppendScope(segment_, scope);
    method_.Append(all_.methods[method]);
    curve_.Append(curve);
    x_.Append(x);
    y_.Append(y);
  }

  template <typename Curve>
  void AppendExact(const EvaluationScope& scope, std::size_t method, const Members& members,
                   std::string_view name, const Curve& curve) {
    std::vector<double> sums(learn::kCurvePoints);
    for (const EvaluatedSegment* const member : members) {
      const std::vector<double> found = curve(member->scores[method], member->labels);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] += found[i];
      }
    }
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < sums.size(); ++i) {
      AppendPoint(scope, method, name, static_cast<double>(i + 1) / learn::kCurvePoints,
                  Estimate{.value = sums[i] / static_cast<double>(members.size()),
                           .interval = {.lower = kNone, .upper = kNone}});
    }
  }

  // How many times as many of the best people come true as of all: among those up to a reach, and,
  // for tenths, among those of the tenth alone.
  void AppendReach(const EvaluationScope& scope, std::size_t method, const Members& members,
                   std::size_t reach) {
    const auto captured = [&](const EvaluatedSegment& segment, std::size_t at,
                              std::size_t replicate) {
      const learn::MethodReplicates& found = FoundOf(segment, method);
      return replicate == kEverybody ? found.all.captured[at] : found.captured[at][replicate];
    };
    const double share = learn::kReaches[reach];
    AppendPoint(scope, method, "reach_similarity", share,
                EstimateOf(members, replicates_, [&](const auto& segment, std::size_t replicate) {
                  return captured(segment, reach, replicate) / share;
                }));
    if (reach < learn::kFirstTenth) {
      return;
    }
    AppendPoint(scope, method, "lift", share,
                EstimateOf(members, replicates_, [&](const auto& segment, std::size_t replicate) {
                  const double before =
                      reach == learn::kFirstTenth ? 0 : captured(segment, reach - 1, replicate);
                  return 10 * (captured(segment, reach, replicate) - before);
                }));
  }

  void AppendCalibration(const EvaluationScope& scope, const EvaluatedSegment& segment) {
    for (const learn::CalibrationBin& bin :
         learn::CalibrationBins(segment.scores[0], segment.labels)) {
      const auto people = static_cast<double>(bin.people);
      AppendPoint(scope, 0, "calibration", bin.predicted,
                  Estimate{.value = bin.observed,
                           .interval = learn::WilsonInterval(bin.observed * people, people)});
    }
  }

  const EvaluatedSegments& all_;
  std::size_t replicates_;
  NumberColumn<std::int64_t> segment_;
  TextColumn method_;
  TextColumn curve_;
  NumberColumn<double> x_;
  EstimateColumns y_;
};

template <typename Rows>
BatchSource RowsOfScopes(std::shared_ptr<const EvaluatedSegments> all, std::size_t replicates) {
  std::vector<EvaluationScope> found = ScopesOf(*all);
  return [all = std::move(all), scopes = std::move(found), replicates,
          next = std::size_t{0}]() mutable {
    std::optional<Batch> batch;
    if (next < scopes.size()) {
      Rows rows(*all, replicates);
      for (std::size_t method = 0; method < all->methods.size(); ++method) {
        rows.Append(scopes[next], method);
      }
      ++next;
      batch = rows.Finish();
    }
    return batch;
  };
}

std::vector<std::string> MethodsOf(const Json& settings) {
  std::vector<std::string> methods;
  for (const std::string name : settings.at("methods")) {
    methods.push_back(name);
  }
  if (methods.empty()) {
    throw UserError("setting 'methods' names none; at least one column is needed");
  }
  return methods;
}

class EvaluateScores final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "evaluate_scores",
        .doc =
            "How well methods rank the same people: ROC AUC, average precision, curves, with "
            "bootstrap intervals; by segment and over all.",
        .version = 1,
        .arguments = {EvaluatedArgument()},
        .outputs = {"figures", "curves"},
        .settings = {{.name = "methods",
                      .type = SettingType::kTexts,
                      .required = true,
                      .doc = "columns with scores; others are held against the first"},
                     {.name = "replicates",
                      .type = SettingType::kInteger,
                      .standard = 504,
                      .least = 8,
                      .most = 100000,
                      .doc = "of the bootstrap, in eights"},
                     {.name = "seed",
                      .type = SettingType::kInteger,
                      .standard = 0,
                      .least = 0,
                      .doc = "of the bootstrap"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& settings,
                              const std::map<std::string, Schema>& inputs) const override {
    const std::vector<Field>& fields = inputs.at("scores").fields;
    for (const std::string& method : MethodsOf(settings)) {
      if (std::ranges::find(fields, method, &Field::name) == fields.end()) {
        throw UserError("setting 'methods': there is no column '{}' in 'scores'", method);
      }
    }
    return {FiguresSchema(), CurvesSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    const Json& settings = context.settings();
    auto all = std::make_shared<EvaluatedSegments>(
        ReadEvaluated(context, RequiredRelation(context, "scores"), MethodsOf(settings)));
    const std::size_t replicates = (settings.at("replicates").get<std::size_t>() + 7) / 8 * 8;
    EvaluateAll(*all, {.replicates = replicates,
                       .seed = settings.at("seed"),
                       .threads = AvailableProcessors(),
                       .stop = context.stop()});
    context.Give("figures", FiguresSchema(), RowsOfScopes<FigureRows>(all, replicates));
    context.Give("curves", CurvesSchema(), RowsOfScopes<CurveRows>(all, replicates));
  }
};

}  // namespace

std::unique_ptr<Operator> MakeEvaluateScores() { return std::make_unique<EvaluateScores>(); }

}  // namespace weir::operators
