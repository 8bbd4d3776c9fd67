#include "operators/learn/select_models.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ranges>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/sha256.h"
#include "data/cells.h"
#include "operators/fields.h"
#include "operators/learn/learning_input.h"
#include "operators/learn/model_file.h"
#include "operators/learn/model_rows.h"
#include "operators/learn/run_identity.h"
#include "operators/learn/run_rows.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr auto kHistories = "histories";
constexpr auto kTraining = "training";
constexpr auto kSizes = "sizes";
constexpr auto kMasks = "masks";

// Spaces in front are allowed.
double ReadCost(const std::string& text) {
  double cost = 0;
  const char* const end = text.data() + text.size();
  const char* const begin = text.data() + std::min(text.find_first_not_of(' '), text.size());
  const auto [after, problem] = std::from_chars(begin, end, cost);
  if (problem != std::errc() || after != end || !(cost > 0) || std::isinf(cost)) {
    throw UserError("setting 'c' has '{}'; numbers above 0 are allowed", text);
  }
  return cost;
}

struct SelectionSettings {
  learn::VocabularyLimits limits;
  learn::SelectionOptions options;

  explicit SelectionSettings(const Json& settings)
      : limits{.min_people = settings.at("min_people").get<std::uint64_t>(),
               .max_share = settings.at("max_share").get<double>()} {
    options.tolerance = settings.at("tolerance").get<double>();
    options.cs.clear();
    for (const std::string list : settings.at("c")) {
      for (const auto text : std::views::split(list, ',')) {
        options.cs.push_back(ReadCost(std::string(text.begin(), text.end())));
      }
    }
    std::ranges::sort(options.cs);
    if (options.cs.empty() || std::ranges::adjacent_find(options.cs) != options.cs.end()) {
      throw UserError("setting 'c' needs at least one number, each once");
    }
  }

  std::map<std::string, std::string> Parameters() const {
    return {{"min_people", fmt::to_string(limits.min_people)},
            {"max_share", fmt::to_string(limits.max_share)},
            {"tolerance", fmt::to_string(options.tolerance)}};
  }
};

// A day without its hyphens, or any other number.
std::string VersionOf(const Json& settings) {
  auto version = settings.at("version").get<std::string>();
  std::erase(version, '-');
  const bool is_number = std::ranges::all_of(version, [](char c) { return c >= '0' && c <= '9'; });
  if (version.empty() || !is_number) {
    throw UserError("setting 'version' is '{}'; a number or a day such as 2026-01-31 is allowed",
                    settings.at("version").get<std::string>());
  }
  return version;
}

// What a row of `sizes` says of a segment.
struct SegmentSize {
  std::int64_t positives = 0;  // eligible people who are positive, drawn or not
  std::int64_t eligible = 0;
  std::string reason;  // why it is skipped; empty: it isn't
};

using SegmentSizes = std::map<std::int64_t, SegmentSize>;

SegmentSizes ReadSizes(OperatorContext& context, const std::string& relation) {
  SegmentSizes sizes;
  ForEachRowOf(context,
               "SELECT CAST(segment_id AS BIGINT), CAST(positives AS BIGINT), CAST(eligible AS "
               "BIGINT), coalesce(reason, '') FROM " +
                   relation,
               [&](const ArrowArray& rows, std::int64_t row) {
                 const std::int64_t segment = IntegerAt(*rows.children[0], row);
                 const SegmentSize size{.positives = IntegerAt(*rows.children[1], row),
                                        .eligible = IntegerAt(*rows.children[2], row),
                                        .reason = std::string(BytesAt(*rows.children[3], row))};
                 if (!sizes.emplace(segment, size).second) {
                   throw UserError("sizes: segment {} has two rows; one is allowed", segment);
                 }
               });
  return sizes;
}

// What the sampling did to the odds: a model of all positives and a tenth of the negatives gives
// ten times the odds.
double SamplingCorrection(const SegmentModel& model, const SegmentSize& size) {
  const auto share = [](std::int64_t drawn, std::int64_t all) {
    return std::log(static_cast<double>(drawn) / static_cast<double>(all));
  };
  return share(model.negatives, size.eligible - size.positives) -
         share(model.positives, size.positives);
}

// Empty if the model tells more than the number of tokens does.
std::string WarningOf(const learn::Selection& selection) {
  constexpr double kLeastGain = 0.02;
  const double auc = selection.grid[selection.chosen].mean;
  return !selection.activity_auc || auc - *selection.activity_auc >= kLeastGain
             ? ""
             : fmt::format("AUC {:.4f} is less than {} above that of activity alone, {:.4f}", auc,
                           kLeastGain, *selection.activity_auc);
}

void Train(const learn::TrainingSet& set, const SegmentSize& size,
           const SelectionSettings& settings, const SegmentModels& all, SegmentModel& model) {
  const auto begin = std::chrono::steady_clock::now();
  const auto is_masked = std::ranges::count(set.is_masked, true);
  model.vocabulary = all.vocabulary.tokens.size() - static_cast<std::size_t>(is_masked);
  model.selection = learn::SelectModel(all.histories.View(), all.vocabulary, set, settings.options);
  model.status = model.selection ? "succeeded" : "failed";
  if (model.selection) {
    model.intercept = model.selection->intercept + SamplingCorrection(model, size);
    model.is_masked = set.is_masked;
    model.model_sha256 = Sha256Of(ModelBytes(all, model));
    model.warning = WarningOf(*model.selection);
  } else {
    model.reason = "no fold has both classes";
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  model.seconds = spent.count();
}

void CountLabels(const learn::TrainingSet& set, SegmentModel& model) {
  for (const std::vector<std::uint8_t>& labels : set.labels) {
    const std::int64_t positives = std::ranges::count(labels, std::uint8_t{1});
    model.positives += positives;
    model.negatives += std::ssize(labels) - positives;
  }
}

TrainingRows ReadRows(OperatorContext& context, const SegmentModels& models) {
  TrainingRows rows = ReadTraining(context, *context.Relation(kTraining), models.histories);
  if (const auto masks = context.Relation(kMasks)) {
    ReadMasks(context, *masks, models.histories, models.vocabulary, rows);
  }
  return rows;
}

// Names and counts every segment. Returns those that are to be learnt.
std::vector<std::int64_t> BeginSegments(const SegmentSizes& sizes, const Json& settings,
                                        TrainingRows& rows, SegmentModels& models) {
  const RunIdentity identity(models.histories, models.vocabulary, settings);
  std::vector<std::int64_t> segments;
  for (const auto& [segment, size] : sizes) {
    SegmentModel& model = models.segments[segment];
    const learn::TrainingSet& set = rows[segment];
    CountLabels(set, model);
    model.run_id = identity.Of(segment, set, size.positives, size.eligible);
    if (!size.reason.empty()) {
      model.status = "skipped";
      model.reason = size.reason;
    } else {
      segments.push_back(segment);
    }
  }
  return segments;
}

void WarnOf(const SegmentModels& models) {
  for (const auto& [segment, model] : models.segments) {
    if (!model.warning.empty()) {
      LogWarning("segment {}: {}", segment, model.warning);
    }
  }
}

SharedModels SelectAll(OperatorContext& context) {
  const SelectionSettings settings(context.settings());
  auto models = std::make_shared<SegmentModels>();
  models->model_prefix = context.settings().at("model_prefix");
  models->model_version = VersionOf(context.settings());
  models->parameters = settings.Parameters();
  models->histories = ReadHistories(context, *context.Relation(kHistories));
  models->vocabulary = learn::ChooseVocabulary(models->histories.View(), settings.limits);
  TrainingRows rows = ReadRows(context, *models);
  const SegmentSizes sizes = ReadSizes(context, *context.Relation(kSizes));
  std::vector<std::int64_t> segments = BeginSegments(sizes, context.settings(), rows, *models);
  // The largest first, so that no thread is left alone with one at the end.
  std::ranges::stable_sort(segments, std::greater{}, [&](std::int64_t segment) {
    const SegmentModel& model = models->segments.at(segment);
    return model.positives + model.negatives;
  });
  const std::stop_token stop = context.stop();
  ParallelFor(segments.size(), AvailableProcessors(), [&](std::size_t i) {
    if (stop.stop_requested()) {
      throw CancelledError();
    }
    Train(rows.at(segments[i]), sizes.at(segments[i]), settings, *models,
          models->segments.at(segments[i]));
  });
  WarnOf(*models);
  return models;
}

class SelectModels final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "select_models",
        .doc =
            "For each segment the best of a grid of sparse logistic regressions over people's "
            "tokens, by cross-validation, refitted on all rows.",
        .version = 3,
        .arguments = {HistoriesArgument(),
                      TrainingArgument(),
                      {.name = kSizes,
                       .columns = {LongField("segment_id", true), LongField("positives", true),
                                   LongField("eligible", true), TextField("reason", true)},
                       .doc = "one row a segment: positives and eligible people there are, and why "
                              "it is skipped, if so"},
                      MasksArgument()},
        .outputs = {"runs", "token_weights", "grid", "roc", "score", "models", "fold_weights"},
        .settings = {
            {.name = "min_people",
             .type = SettingType::kInteger,
             .standard = 10,
             .least = 1,
             .doc = "tokens of fewer people aren't used"},
            {.name = "max_share",
             .type = SettingType::kNumber,
             .standard = 0.5,
             .least = 0,
             .most = 1,
             .doc = "tokens of a larger share of all people aren't used"},
            {.name = "c",
             .type = SettingType::kTexts,
             .standard = {"0.03", "0.1", "0.3", "1", "3"},
             .doc = "costs of the loss beside the penalty; a text may hold several, with commas"},
            {.name = "tolerance",
             .type = SettingType::kNumber,
             .standard = 1e-8,
             .least = 1e-12,
             .most = 0.1,
             .doc = "how near a fit's objective must come to the optimum, relatively"},
            {.name = "name",
             .standard = "",
             .doc = "what the models are of, as \"{region}/{ds}\": part of each run's id"},
            {.name = "model_prefix",
             .standard = "lookalikes_",
             .doc = "begin of the models' names; the segment follows"},
            {.name = "version",
             .standard = "1",
             .doc = "of the models: a number, or a day, whose digits it is"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& settings,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    const SelectionSettings checked(settings);
    VersionOf(settings);
    return {RunsSchema(),   WeightsSchema(), GridSchema(),       RocSchema(),
            ScoresSchema(), ModelsSchema(),  FoldWeightsSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    const SharedModels models = SelectAll(context);
    context.Give("runs", RunsSchema(), RunRows(models));
    context.Give("token_weights", WeightsSchema(), WeightRows(models));
    context.Give("grid", GridSchema(), GridRows(models));
    context.Give("roc", RocSchema(), RocRows(models));
    context.Give("score", ScoresSchema(), ScoreRows(models));
    context.Give("models", ModelsSchema(), ModelRows(models));
    context.Give("fold_weights", FoldWeightsSchema(), FoldWeightRows(models));
  }
};

}  // namespace

std::unique_ptr<Operator> MakeSelectModels() { return std::make_unique<SelectModels>(); }

}  // namespace weir::operators
