#include "operators/learn/score_people.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
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
#include "operators/learn/audience.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/learning_input.h"
#include "operators/learn/scoring_models.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

// Arguments, besides that of the histories.
constexpr auto kModels = "models";
constexpr auto kSegments = "segments";
constexpr auto kAudiences = "audiences";
constexpr auto kExcluded = "excluded";

// What became of a segment.
struct SegmentScores {
  std::size_t wanted = 0;
  std::string audience;
  std::string run_id;
  std::string status = "no_model";
  std::string reason;
  std::vector<std::uint32_t> excluded;  // numbers of people among all, ascending
  std::vector<learn::ScoredPerson> best;
};

struct Scores {
  LearningHistories histories;
  std::map<std::int64_t, SegmentScores> segments;
};
using SharedScores = std::shared_ptr<const Scores>;

std::map<std::int64_t, SegmentScores> ReadSegments(OperatorContext& context) {
  std::map<std::int64_t, SegmentScores> segments;
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), CAST(wanted AS BIGINT), audience FROM {}",
                  *context.Relation(kSegments)),
      [&](const ArrowArray& rows, std::int64_t row) {
        const std::int64_t segment = IntegerAt(*rows.children[0], row);
        const std::int64_t wanted = IntegerAt(*rows.children[1], row);
        if (wanted < 0) {
          throw UserError("segments: segment {} wants {} people; 0 or more are allowed", segment,
                          wanted);
        }
        SegmentScores scores;
        scores.wanted = static_cast<std::size_t>(wanted);
        scores.audience = BytesAt(*rows.children[2], row);
        if (!segments.emplace(segment, std::move(scores)).second) {
          throw UserError("segments: segment {} has two rows; one is allowed", segment);
        }
      });
  return segments;
}

// Those without a history can't be scored and don't matter.
void ReadExcluded(OperatorContext& context, NameNumbers& people,
                  std::map<std::int64_t, SegmentScores>& segments) {
  const auto relation = context.Relation(kExcluded);
  if (!relation) {
    return;
  }
  ForEachRowOf(context,
               fmt::format("SELECT CAST(segment_id AS BIGINT), universal_id FROM {}", *relation),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const auto segment = segments.find(IntegerAt(*rows.children[0], row));
                 const std::uint32_t person = people.Of(BytesAt(*rows.children[1], row));
                 if (segment != segments.end() && person != NameNumbers::kNone) {
                   segment->second.excluded.push_back(person);
                 }
               });
  for (auto& [segment, scores] : segments) {
    std::ranges::sort(scores.excluded);
  }
}

std::map<std::string, Audience> ReadAudiences(OperatorContext& context, NameNumbers& people,
                                              const LearningHistories& histories) {
  std::map<std::string, Audience> audiences;
  ForEachRowOf(context,
               fmt::format("SELECT audience, universal_id FROM {} ORDER BY audience, universal_id",
                           *context.Relation(kAudiences)),
               [&](const ArrowArray& rows, std::int64_t row) {
                 const std::uint32_t person = people.Of(BytesAt(*rows.children[1], row));
                 if (person != NameNumbers::kNone) {
                   audiences[std::string(BytesAt(*rows.children[0], row))].people.push_back(person);
                 }
               });
  for (auto& [name, audience] : audiences) {
    std::ranges::sort(audience.people);
    const auto twice = std::ranges::unique(audience.people);
    audience.people.erase(twice.begin(), twice.end());
    audience.TakeHistories(histories);
  }
  return audiences;
}

// Models by audience, in the order of segments. One that isn't what its SHA-256 says leaves the
// others.
std::map<std::string, std::vector<ModelGroup>> ReadModels(OperatorContext& context,
                                                          Scores& scores) {
  std::map<std::string, std::vector<ModelGroup>> groups;
  NameNumbers tokens(scores.histories.tokens);
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), run_id, model_sha256, model FROM {} ORDER BY "
                  "segment_id",
                  *context.Relation(kModels)),
      [&](const ArrowArray& rows, std::int64_t row) {
        const auto found = scores.segments.find(IntegerAt(*rows.children[0], row));
        if (found == scores.segments.end()) {
          return;
        }
        SegmentScores& segment = found->second;
        if (!segment.run_id.empty()) {
          throw UserError("models: segment {} has two rows; one is allowed", found->first);
        }
        segment.run_id = BytesAt(*rows.children[1], row);
        const std::string_view bytes = BytesAt(*rows.children[3], row);
        try {
          if (Sha256Of(bytes) != BytesAt(*rows.children[2], row)) {
            throw UserError("the model of run {} isn't what its SHA-256 says", segment.run_id);
          }
          AddModel(onnx::ReadOnnx(bytes), tokens, scores.histories.tokens.size(), found->first,
                   segment.wanted, groups[segment.audience]);
          segment.status = "scored";
        } catch (const UserError& problem) {
          segment.status = "failed";
          segment.reason = problem.what();
        }
      });
  return groups;
}

// Numbers within the audience of people who aren't wanted.
std::vector<std::uint32_t> Within(const Audience& audience,
                                  const std::vector<std::uint32_t>& excluded) {
  std::vector<std::uint32_t> numbers;
  for (const std::uint32_t person : excluded) {
    const auto found = std::ranges::lower_bound(audience.people, person);
    if (found != audience.people.end() && *found == person) {
      numbers.push_back(static_cast<std::uint32_t>(found - audience.people.begin()));
    }
  }
  return numbers;
}

void ScoreGroup(const ModelGroup& group, const Audience& audience, const std::stop_token& stop,
                Scores& scores) {
  std::vector<learn::ScoredModel> models = group.MakeModels();
  for (std::size_t i = 0; i < models.size(); ++i) {
    models[i].excluded = Within(audience, scores.segments.at(group.segments()[i]).excluded);
  }
  const auto num_tokens = static_cast<std::uint32_t>(scores.histories.tokens.size());
  auto best = learn::BestPeople(audience.View(num_tokens), group.MakeVocabulary(), models,
                                {.threads = AvailableProcessors(), .stop = stop});
  for (std::size_t i = 0; i < models.size(); ++i) {
    for (learn::ScoredPerson& person : best[i]) {
      person.person = audience.people[person.person];
    }
    scores.segments.at(group.segments()[i]).best = std::move(best[i]);
  }
}

SharedScores ScoreAll(OperatorContext& context) {
  auto scores = std::make_shared<Scores>();
  scores->segments = ReadSegments(context);
  scores->histories = ReadHistories(context, *context.Relation(HistoriesArgument().name));
  NameNumbers people(scores->histories.people);
  ReadExcluded(context, people, scores->segments);
  const auto audiences = ReadAudiences(context, people, scores->histories);
  for (const auto& [name, groups] : ReadModels(context, *scores)) {
    const auto audience = audiences.find(name);
    for (const ModelGroup& group : groups) {
      if (audience != audiences.end()) {
        ScoreGroup(group, audience->second, context.stop(), *scores);
      }
    }
  }
  return scores;
}

Schema ScoredSchema() {
  return {{LongField("segment_id"), TextField("universal_id"), DoubleField("score"),
           LongField("rank")}};
}

Batch ScoredRows(const Scores& all, std::int64_t number, const SegmentScores& scores) {
  NumberColumn<std::int64_t> segment;
  TextColumn universal_id;
  NumberColumn<double> score;
  NumberColumn<std::int64_t> rank;
  for (std::size_t i = 0; i < scores.best.size(); ++i) {
    segment.Append(number);
    universal_id.Append(all.histories.people[scores.best[i].person]);
    score.Append(1 / (1 + std::exp(-scores.best[i].score)));
    rank.Append(static_cast<std::int64_t>(i) + 1);
  }
  return Together(scores.best.size(), segment, universal_id, score, rank);
}

Schema SummarySchema() {
  return {{LongField("segment_id"), TextField("status"), TextField("reason", true),
           TextField("run_id", true), LongField("scored")}};
}

Batch SummaryRow(const Scores& /*all*/, std::int64_t number, const SegmentScores& scores) {
  NumberColumn<std::int64_t> segment;
  TextColumn status;
  TextColumn reason;
  TextColumn run_id;
  NumberColumn<std::int64_t> scored;
  segment.Append(number);
  status.Append(scores.status);
  reason.AppendOrNull(scores.reason);
  run_id.AppendOrNull(scores.run_id);
  scored.Append(static_cast<std::int64_t>(scores.best.size()));
  return Together(1, segment, status, reason, run_id, scored);
}

class ScorePeople final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "score_people",
        .doc = "The best people of each segment by its model, ranked; ties by universal_id.",
        .version = 1,
        .arguments = Arguments(),
        .outputs = {"scored", "summary"},
        .settings = {}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {ScoredSchema(), SummarySchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    const SharedScores scores = ScoreAll(context);
    context.Give("scored", ScoredSchema(), BySegment(scores, ScoredRows));
    context.Give("summary", SummarySchema(), BySegment(scores, SummaryRow));
  }

 private:
  static std::vector<Argument> Arguments() {
    return {
        HistoriesArgument(),
        {.name = kModels,
         .columns = {LongField("segment_id", true), TextField("run_id", true),
                     TextField("model_sha256", true), PlainField("model", TypeKind::kBinary, true)},
         .doc = "one row a segment: its model as ONNX"},
        {.name = kSegments,
         .columns = {LongField("segment_id", true), LongField("wanted", true),
                     TextField("audience", true)},
         .doc = "one row a segment: how many people are kept at most, and who may be one"},
        {.name = kAudiences,
         .columns = {TextField("audience", true), TextField("universal_id", true)},
         .doc = "the people of each audience"},
        {.name = kExcluded,
         .columns = {LongField("segment_id", true), TextField("universal_id", true)},
         .optional = true,
         .doc = "who isn't wanted in a segment, as its positives"}};
  }
};

}  // namespace

std::unique_ptr<Operator> MakeScorePeople() { return std::make_unique<ScorePeople>(); }

}  // namespace weir::operators
