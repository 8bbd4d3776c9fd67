#include "operators/learn/score_candidates.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/sha256.h"
#include "data/cells.h"
#include "data/column_builder.h"
#include "learn/naive_bayes.h"
#include "learn/vocabulary.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/audience.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/learning_input.h"
#include "operators/learn/required_relation.h"
#include "operators/learn/scoring_models.h"
#include "operators/optional_number.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr auto kCandidateRows = "candidates";
constexpr auto kCandidateModels = "models";
constexpr auto kCandidateTraining = "training";
constexpr auto kCandidateMasks = "masks";

// One segment's people, with a score of each by each method; a method's are none where it is
// lacking.
struct CandidateScores {
  Audience audience;
  std::vector<std::int64_t> labels;  // beside the people
  std::vector<double> model;
  std::vector<double> naive_bayes;
  std::vector<double> popularity;
  std::vector<double> activity;
};

struct AllCandidates {
  LearningHistories histories;
  std::map<std::int64_t, CandidateScores> segments;
};
using SharedCandidates = std::shared_ptr<const AllCandidates>;

void ReadCandidates(OperatorContext& context, AllCandidates& all) {
  NameNumbers people(all.histories.people);
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), universal_id, coalesce(CAST(label AS BIGINT),"
                  " -1) FROM {} ORDER BY segment_id, universal_id",
                  RequiredRelation(context, kCandidateRows)),
      [&](const ArrowArray& rows, std::int64_t row) {
        const std::int64_t segment = IntegerAt(*rows.children[0], row);
        const std::string_view name = BytesAt(*rows.children[1], row);
        const std::int64_t label = IntegerAt(*rows.children[2], row);
        const std::uint32_t person = people.Of(name);
        if (person == NameNumbers::kNone) {
          throw UserError("candidates: '{}' has no history", name);
        }
        if (label < 0 || label > 1) {
          throw UserError("candidates: '{}' of segment {} has label {}; 0 and 1 are allowed", name,
                          segment, label);
        }
        CandidateScores& scores = all.segments[segment];
        if (!scores.audience.people.empty() && scores.audience.people.back() == person) {
          throw UserError("candidates: '{}' has two rows for segment {}; one is allowed", name,
                          segment);
        }
        scores.audience.people.push_back(person);
        scores.labels.push_back(label);
      });
}

// By the model, probabilities.
void ScoreByModel(const onnx::ScoringModel& model, NameNumbers& tokens, std::uint32_t num_tokens,
                  const std::stop_token& stop, CandidateScores& scores) {
  scores.model = LogOddsOf(model, scores.audience, tokens, num_tokens, stop);
  for (double& score : scores.model) {
    score = 1 / (1 + std::exp(-score));
  }
}

void ScoreByModels(OperatorContext& context, AllCandidates& all) {
  NameNumbers tokens(all.histories.tokens);
  const auto num_tokens = static_cast<std::uint32_t>(all.histories.tokens.size());
  ForEachRowOf(context,
               fmt::format("SELECT CAST(segment_id AS BIGINT), run_id, model_sha256, model FROM {} "
                           "ORDER BY segment_id",
                           RequiredRelation(context, kCandidateModels)),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const auto found = all.segments.find(IntegerAt(*rows.children[0], row));
                 if (found == all.segments.end()) {
                   return;
                 }
                 if (!found->second.model.empty()) {
                   throw UserError("models: segment {} has two rows; one is allowed", found->first);
                 }
                 const std::string_view bytes = BytesAt(*rows.children[3], row);
                 if (Sha256Of(bytes) != BytesAt(*rows.children[2], row)) {
                   LogWarning("segment {}: the model of run {} isn't what its SHA-256 says",
                              found->first, BytesAt(*rows.children[1], row));
                   return;
                 }
                 ScoreByModel(onnx::ReadOnnx(bytes), tokens, num_tokens, context.stop(),
                              found->second);
               });
}

// What the baselines make of each term of the vocabulary.
struct TermValues {
  std::vector<double> naive_bayes;
  std::vector<double> popularity;
};

// None where the training rows are of one class.
std::optional<TermValues> LearnTerms(const LearningHistories& histories,
                                     const learn::Vocabulary& vocabulary,
                                     const learn::TrainingSet& set) {
  std::vector<std::vector<std::uint32_t>> people(1);
  std::vector<std::uint8_t> labels;
  for (std::size_t fold = 0; fold < set.people.size(); ++fold) {
    people[0].insert(people[0].end(), set.people[fold].begin(), set.people[fold].end());
    labels.insert(labels.end(), set.labels[fold].begin(), set.labels[fold].end());
  }
  const auto positives = static_cast<std::size_t>(std::ranges::count(labels, std::uint8_t{1}));
  if (positives == 0 || positives == labels.size()) {
    return std::nullopt;
  }
  const learn::DesignMatrix matrix(histories.View(), vocabulary, people, set.is_masked);
  const learn::NaiveBayes model = learn::TrainNaiveBayes(matrix, matrix.AllRows(), labels);
  TermValues values{.naive_bayes = std::vector<double>(vocabulary.tokens.size()),
                    .popularity = std::vector<double>(vocabulary.tokens.size())};
  for (std::size_t column = 0; column < matrix.num_columns(); ++column) {
    values.naive_bayes[matrix.terms()[column]] = model.weights[column];
  }
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] == 0) {
      continue;
    }
    for (const std::uint32_t column : matrix.RowColumns(row)) {
      values.popularity[matrix.terms()[column]] += 1;
    }
  }
  for (double& popularity : values.popularity) {
    popularity /= static_cast<double>(positives);
  }
  return values;
}

// Sums over the terms of each person that the segment may use.
void ScoreByBaselines(const learn::Vocabulary& vocabulary, const std::vector<bool>& is_masked,
                      const std::optional<TermValues>& values, CandidateScores& scores) {
  const Audience& audience = scores.audience;
  for (std::size_t person = 0; person < audience.people.size(); ++person) {
    double activity = 0;
    double naive_bayes = 0;
    double popularity = 0;
    for (std::size_t at = audience.offsets[person]; at < audience.offsets[person + 1]; ++at) {
      const std::uint32_t term = vocabulary.term_of[audience.tokens[at]];
      if (term == learn::Vocabulary::kNotIn || (!is_masked.empty() && is_masked[term])) {
        continue;
      }
      activity += 1;
      naive_bayes += values ? values->naive_bayes[term] : 0;
      popularity += values ? values->popularity[term] : 0;
    }
    scores.activity.push_back(activity);
    if (values) {
      scores.naive_bayes.push_back(naive_bayes);
      scores.popularity.push_back(popularity);
    }
  }
}

SharedCandidates ScoreAllCandidates(OperatorContext& context) {
  auto all = std::make_shared<AllCandidates>();
  all->histories = ReadHistories(context, RequiredRelation(context, HistoriesArgument().name));
  const learn::Vocabulary vocabulary = learn::ChooseVocabulary(
      all->histories.View(), {.min_people = context.settings().at("min_people"),
                              .max_share = context.settings().at("max_share")});
  ReadCandidates(context, *all);
  for (auto& [segment, scores] : all->segments) {
    scores.audience.TakeHistories(all->histories);
  }
  ScoreByModels(context, *all);
  TrainingRows training;
  if (const auto relation = context.Relation(kCandidateTraining)) {
    training = ReadTraining(context, *relation, all->histories);
  }
  for (const auto& [segment, scores] : all->segments) {
    training[segment];  // so that masks of segments without training are read, too
  }
  if (const auto relation = context.Relation(kCandidateMasks)) {
    ReadMasks(context, *relation, all->histories, vocabulary, training);
  }
  for (auto& [segment, scores] : all->segments) {
    const learn::TrainingSet& set = training[segment];
    ScoreByBaselines(vocabulary, set.is_masked, LearnTerms(all->histories, vocabulary, set),
                     scores);
  }
  return all;
}

Schema CandidateScoresSchema() {
  return {{LongField("segment_id"), TextField("universal_id"), LongField("label"),
           DoubleField("model", true), DoubleField("naive_bayes", true),
           DoubleField("popularity", true), DoubleField("activity", true)}};
}

Batch CandidateBatch(const AllCandidates& all, std::int64_t number, const CandidateScores& scores) {
  NumberColumn<std::int64_t> segment;
  TextColumn universal_id;
  NumberColumn<std::int64_t> label;
  const std::size_t people = scores.audience.people.size();
  for (std::size_t i = 0; i < people; ++i) {
    segment.Append(number);
    universal_id.Append(all.histories.people[scores.audience.people[i]]);
    label.Append(scores.labels[i]);
  }
  const auto column = [&](const std::vector<double>& values) {
    NumberColumn<double> made;
    for (std::size_t i = 0; i < people; ++i) {
      AppendOptional(made, values.empty() ? std::nullopt : std::optional(values[i]));
    }
    return made;
  };
  NumberColumn<double> model = column(scores.model);
  NumberColumn<double> naive_bayes = column(scores.naive_bayes);
  NumberColumn<double> popularity = column(scores.popularity);
  NumberColumn<double> activity = column(scores.activity);
  return Together(people, segment, universal_id, label, model, naive_bayes, popularity, activity);
}

class ScoreCandidates final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "score_candidates",
        .doc = "People whose label came later, scored by their segment's model and by baselines.",
        .version = 1,
        .arguments = Arguments(),
        .outputs = {"scores"},
        .settings = {{.name = "min_people",
                      .type = SettingType::kInteger,
                      .standard = 10,
                      .least = 1,
                      .doc = "baselines don't use tokens of fewer people"},
                     {.name = "max_share",
                      .type = SettingType::kNumber,
                      .standard = 0.5,
                      .least = 0,
                      .most = 1,
                      .doc = "nor those of a larger share of all people"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {CandidateScoresSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    context.Give("scores", CandidateScoresSchema(),
                 BySegment(ScoreAllCandidates(context), CandidateBatch));
  }

 private:
  static std::vector<Argument> Arguments() {
    Argument training = TrainingArgument();
    training.optional = true;
    return {
        HistoriesArgument(),
        {.name = kCandidateRows,
         .columns = {LongField("segment_id", true), TextField("universal_id", true),
                     LongField("label", true)},
         .doc = "one row a segment and person: 1 if it came true"},
        {.name = kCandidateModels,
         .columns = {LongField("segment_id", true), TextField("run_id", true),
                     TextField("model_sha256", true), PlainField("model", TypeKind::kBinary, true)},
         .doc = "one row a segment: its model as ONNX"},
        std::move(training),
        MasksArgument()};
  }
};

}  // namespace

std::unique_ptr<Operator> MakeScoreCandidates() { return std::make_unique<ScoreCandidates>(); }

}  // namespace weir::operators
