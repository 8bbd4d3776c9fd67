#include "operators/learn/choose_champions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/process.h"
#include "base/sha256.h"
#include "data/cells.h"
#include "data/column_builder.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/evaluated_segments.h"
#include "operators/learn/learning_input.h"
#include "operators/learn/required_relation.h"
#include "operators/learn/scoring_models.h"
#include "operators/optional_number.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

// One of the two models of a segment.
struct Contender {
  std::string run_id;
  std::string ds;
  std::int64_t folds = 0;  // in how many its people were dealt
  std::optional<onnx::ScoringModel> model;
  std::map<std::int64_t, std::map<std::string, double>>
      fold_weights;  // by fold and token; '': intercept
};

struct Contest {
  Contender challenger;
  Contender champion;
  std::set<std::string> masked;
  std::string decision;
  std::int64_t people = 0;
  std::int64_t positives = 0;
  std::optional<Estimate> challenger_auc;
  std::optional<Estimate> champion_auc;
  std::optional<Estimate> worse_by;  // the challenger
};

struct Contests {
  std::map<std::int64_t, Contest> segments;
};
using SharedContests = std::shared_ptr<const Contests>;

// Models that aren't what their SHA-256 says can't be compared.
void ReadContenders(OperatorContext& context, const std::string& argument,
                    Contender Contest::* side, Contests& all) {
  ForEachRowOf(context,
               fmt::format("SELECT CAST(segment_id AS BIGINT), run_id, coalesce(ds, ''), "
                           "coalesce(CAST(folds AS BIGINT), 0), model_sha256, model FROM {}",
                           RequiredRelation(context, argument)),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const std::int64_t segment = IntegerAt(*rows.children[0], row);
                 Contender& contender = all.segments[segment].*side;
                 if (!contender.run_id.empty()) {
                   throw UserError("{}: segment {} has two rows; one is allowed", argument,
                                   segment);
                 }
                 contender.run_id = BytesAt(*rows.children[1], row);
                 contender.ds = BytesAt(*rows.children[2], row);
                 contender.folds = IntegerAt(*rows.children[3], row);
                 const std::string_view bytes = BytesAt(*rows.children[5], row);
                 if (Sha256Of(bytes) == BytesAt(*rows.children[4], row)) {
                   contender.model = onnx::ReadOnnx(bytes);
                 }
               });
}

void ReadFoldWeights(OperatorContext& context, const std::string& argument,
                     Contender Contest::* side, Contests& all) {
  ForEachRowOf(context,
               fmt::format("SELECT CAST(segment_id AS BIGINT), run_id, CAST(fold AS BIGINT), token,"
                           " CAST(weight AS DOUBLE) FROM {}",
                           RequiredRelation(context, argument)),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const auto found = all.segments.find(IntegerAt(*rows.children[0], row));
                 if (found == all.segments.end()) {
                   return;
                 }
                 Contender& contender = found->second.*side;
                 if (BytesAt(*rows.children[1], row) == contender.run_id) {
                   contender.fold_weights[IntegerAt(*rows.children[2], row)].emplace(
                       BytesAt(*rows.children[3], row), DoubleAt(*rows.children[4], row));
                 }
               });
}

void ReadMaskedTokens(OperatorContext& context, Contests& all) {
  const auto relation = context.Relation(MasksArgument().name);
  if (!relation) {
    return;
  }
  ForEachRowOf(context, fmt::format("SELECT CAST(segment_id AS BIGINT), token FROM {}", *relation),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const auto found = all.segments.find(IntegerAt(*rows.children[0], row));
                 if (found != all.segments.end()) {
                   found->second.masked.emplace(BytesAt(*rows.children[1], row));
                 }
               });
}

// The model as it was learnt without a fold, without what may not be used today.
onnx::ScoringModel WithoutFold(const Contender& contender, std::int64_t fold,
                               const std::set<std::string>& masked) {
  if (!contender.model) {
    throw std::logic_error("a model that can't be read was to be compared");
  }
  const onnx::ScoringModel& whole = *contender.model;
  const std::map<std::string, double>& weights = contender.fold_weights.at(fold);
  onnx::ScoringModel model{
      .transform = whole.transform, .tokens = {}, .idf = {}, .weights = {}, .intercept = 0};
  if (whole.transform == onnx::Transform::kBinary) {
    for (const auto& [token, weight] : weights) {
      if (!token.empty() && !masked.contains(token)) {
        model.tokens.push_back(token);
        model.weights.push_back(weight);
      }
    }
    return model;
  }
  for (std::size_t i = 0; i < whole.tokens.size(); ++i) {
    if (masked.contains(whole.tokens[i])) {
      continue;
    }
    const auto weight = weights.find(whole.tokens[i]);
    model.tokens.push_back(whole.tokens[i]);
    model.idf.push_back(whole.idf[i]);
    model.weights.push_back(weight == weights.end() ? 0 : weight->second);
  }
  return model;
}

// Whether the champion's folds are today's.
bool CanCompare(const Contender& champion, const Contender& challenger) {
  return champion.model && !champion.fold_weights.empty() && champion.folds == challenger.folds;
}

class ContestJudge {
 public:
  ContestJudge(OperatorContext& context, const LearningHistories& histories)
      : context_(context), histories_(histories), tokens_(histories.tokens) {}

  void Judge(const learn::TrainingSet& set, Contest& contest) {
    EvaluatedSegments folds = RankFolds(set, contest);
    const learn::BootstrapOptions options{
        .replicates = 1000, .threads = AvailableProcessors(), .stop = context_.stop()};
    EvaluateAll(folds, options);
    std::vector<const EvaluatedSegment*> members;
    for (const auto& [fold, ranked] : folds.segments) {
      if (!std::isnan(FoundOf(ranked, 0).all.auc)) {
        members.push_back(&ranked);
        contest.people += std::ssize(ranked.people);
        contest.positives += ranked.num_positives();
      }
    }
    const auto estimate = [&](const FigureOf& value) {
      return EstimateOf(members, options.replicates, value);
    };
    contest.challenger_auc = estimate(
        [&](const auto& fold, std::size_t replicate) { return AucOf(fold, 0, replicate); });
    contest.champion_auc = estimate(
        [&](const auto& fold, std::size_t replicate) { return AucOf(fold, 1, replicate); });
    contest.worse_by = estimate([&](const auto& fold, std::size_t replicate) {
      return AucOf(fold, 1, replicate) - AucOf(fold, 0, replicate);
    });
    const bool is_worse =
        contest.worse_by &&
        contest.worse_by->value > context_.settings().at("worse_by").get<double>() &&
        contest.worse_by->interval.lower > 0;
    contest.decision = is_worse ? "kept" : "replaced";
  }

 private:
  // Each fold's people, by the challenger and by the champion.
  EvaluatedSegments RankFolds(const learn::TrainingSet& set, const Contest& contest) {
    EvaluatedSegments folds{.methods = {"challenger", "champion"}, .segments = {}};
    const auto num_tokens = static_cast<std::uint32_t>(histories_.tokens.size());
    for (std::size_t fold = 0; fold < set.people.size(); ++fold) {
      const auto number = static_cast<std::int64_t>(fold);
      if (set.people[fold].empty() || !contest.challenger.fold_weights.contains(number) ||
          !contest.champion.fold_weights.contains(number)) {
        continue;  // nobody to rank, or one of them couldn't be learnt without these
      }
      Audience audience;
      audience.people = set.people[fold];
      audience.TakeHistories(histories_);
      EvaluatedSegment& ranked = folds.segments[number];
      ranked.labels = set.labels[fold];
      for (const std::uint32_t person : audience.people) {
        ranked.people.push_back(EvaluatedPersonHash(histories_.people[person]));
      }
      for (const Contender* const contender : {&contest.challenger, &contest.champion}) {
        ranked.scores.push_back(LogOddsOf(WithoutFold(*contender, number, contest.masked), audience,
                                          tokens_, num_tokens, context_.stop()));
      }
    }
    return folds;
  }

  OperatorContext& context_;
  const LearningHistories& histories_;
  NameNumbers tokens_;
};

SharedContests JudgeAll(OperatorContext& context) {
  auto all = std::make_shared<Contests>();
  ReadContenders(context, "challengers", &Contest::challenger, *all);
  ReadContenders(context, "champions", &Contest::champion, *all);
  ReadFoldWeights(context, "challengers_folds", &Contest::challenger, *all);
  ReadFoldWeights(context, "champions_folds", &Contest::champion, *all);
  ReadMaskedTokens(context, *all);
  const LearningHistories histories =
      ReadHistories(context, RequiredRelation(context, HistoriesArgument().name));
  const TrainingRows training =
      ReadTraining(context, RequiredRelation(context, TrainingArgument().name), histories);
  ContestJudge judge(context, histories);
  for (auto& [segment, contest] : all->segments) {
    const auto set = training.find(segment);
    if (!contest.challenger.model || set == training.end()) {
      contest.decision = "kept";
    } else if (contest.champion.run_id.empty()) {
      contest.decision = "first";
    } else if (!CanCompare(contest.champion, contest.challenger)) {
      contest.decision = "not_comparable";
    } else {
      judge.Judge(set->second, contest);
    }
  }
  return all;
}

Schema ContestsSchema() {
  return {{LongField("segment_id"), TextField("decision"), TextField("run_id", true),
           TextField("champion_run_id", true), TextField("champion_ds", true), LongField("people"),
           LongField("positives"), DoubleField("auc", true), DoubleField("champion_auc", true),
           DoubleField("worse_by", true), DoubleField("worse_by_lower", true),
           DoubleField("worse_by_upper", true)}};
}

Batch ContestRow(std::int64_t number, const Contest& contest) {
  const auto value = [](const std::optional<Estimate>& estimate) {
    return estimate ? std::optional(estimate->value) : std::nullopt;
  };
  const auto bound = [&](double learn::Interval::* side) {
    return contest.worse_by ? std::optional(contest.worse_by->interval.*side) : std::nullopt;
  };
  NumberColumn<std::int64_t> segment;
  TextColumn decision;
  TextColumn run_id;
  TextColumn champion_run_id;
  TextColumn champion_ds;
  NumberColumn<std::int64_t> people;
  NumberColumn<std::int64_t> positives;
  NumberColumn<double> auc;
  NumberColumn<double> champion_auc;
  NumberColumn<double> worse_by;
  NumberColumn<double> lower;
  NumberColumn<double> upper;
  segment.Append(number);
  decision.Append(contest.decision);
  run_id.AppendOrNull(contest.challenger.run_id);
  champion_run_id.AppendOrNull(contest.champion.run_id);
  champion_ds.AppendOrNull(contest.champion.ds);
  people.Append(contest.people);
  positives.Append(contest.positives);
  AppendOptional(auc, value(contest.challenger_auc));
  AppendOptional(champion_auc, value(contest.champion_auc));
  AppendOptional(worse_by, value(contest.worse_by));
  AppendOptional(lower, bound(&learn::Interval::lower));
  AppendOptional(upper, bound(&learn::Interval::upper));
  return Together(1, segment, decision, run_id, champion_run_id, champion_ds, people, positives,
                  auc, champion_auc, worse_by, lower, upper);
}

std::vector<Argument> ContestArguments() {
  const auto models = [](const char* name, const char* doc) {
    return Argument{
        .name = name,
        .columns = {LongField("segment_id", true), TextField("run_id", true), TextField("ds", true),
                    LongField("folds", true), TextField("model_sha256", true),
                    PlainField("model", TypeKind::kBinary, true)},
        .doc = doc};
  };
  const auto weights = [](const char* name, const char* doc) {
    return Argument{
        .name = name,
        .columns = {LongField("segment_id", true), TextField("run_id", true),
                    LongField("fold", true), TextField("token", true), DoubleField("weight", true)},
        .doc = doc};
  };
  return {models("challengers", "one row a segment: today's model"),
          weights("challengers_folds", "what it is without each fold, as select_models gives it"),
          models("champions", "one row a segment: the model that people are scored by"),
          weights("champions_folds", "what it was without each fold"),
          HistoriesArgument(),
          TrainingArgument(),
          MasksArgument()};
}

class ChooseChampions final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "choose_champions",
        .doc =
            "Whether today's models replace those that people are scored by: not if they are "
            "surely worse on today's people.",
        .version = 1,
        .arguments = ContestArguments(),
        .outputs = {"contests"},
        .settings = {{.name = "worse_by",
                      .type = SettingType::kNumber,
                      .standard = 0.005,
                      .least = 0,
                      .most = 1,
                      .doc = "in ROC AUC: a model that is worse by no more replaces the old one"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {ContestsSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    context.Give("contests", ContestsSchema(),
                 BySegment(JudgeAll(context),
                           [](const auto& /*all*/, std::int64_t number, const Contest& contest) {
                             return ContestRow(number, contest);
                           }));
  }
};

}  // namespace

std::unique_ptr<Operator> MakeChooseChampions() { return std::make_unique<ChooseChampions>(); }

}  // namespace weir::operators
