#include "operators/learn/score_drift.h"

#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/cells.h"
#include "data/column_builder.h"
#include "learn/drift.h"
#include "operators/columns_together.h"
#include "operators/fields.h"
#include "operators/learn/by_segment.h"
#include "operators/learn/required_relation.h"
#include "operators/optional_number.h"
#include "operators/query_rows.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kBefore = 0;
constexpr std::size_t kNow = 1;

// Both days of a segment.
struct DriftingSegment {
  std::array<std::vector<double>, 2> scores;
  std::array<std::vector<std::uint32_t>, 2> tokens;  // ascending numbers
  std::array<std::vector<double>, 2> weights;        // beside them
  std::vector<learn::DriftBin> bins;                 // of the scores
};

struct DriftingSegments {
  std::map<std::int64_t, DriftingSegment> segments;
};
using SharedDrift = std::shared_ptr<const DriftingSegments>;

void ReadScores(OperatorContext& context, std::size_t day, DriftingSegments& all) {
  const std::string suffix = day == kBefore ? "before" : "now";
  ForEachRowOf(context,
               fmt::format("SELECT CAST(segment_id AS BIGINT), CAST(score AS DOUBLE) FROM {} WHERE "
                           "score IS NOT NULL",
                           RequiredRelation(context, "scores_" + suffix)),
               [&](const ArrowArray& rows, std::int64_t row) {
                 all.segments[IntegerAt(*rows.children[0], row)].scores[day].push_back(
                     DoubleAt(*rows.children[1], row));
               });
}

// Numbers of tokens are their places among all of both days.
void ReadWeights(OperatorContext& context, DriftingSegments& all) {
  ForEachRowOf(
      context,
      fmt::format("SELECT CAST(segment_id AS BIGINT), dense_rank() OVER (ORDER BY token) AS "
                  "number, CAST(weight AS DOUBLE), CAST(day AS BIGINT) FROM (SELECT segment_id, "
                  "token, weight, {} AS day FROM {} UNION ALL SELECT segment_id, token, weight, {} "
                  "FROM {}) WHERE token IS NOT NULL ORDER BY segment_id, number",
                  kBefore, RequiredRelation(context, "weights_before"), kNow,
                  RequiredRelation(context, "weights_now")),
      [&](const ArrowArray& rows, std::int64_t row) {
        DriftingSegment& segment = all.segments[IntegerAt(*rows.children[0], row)];
        const auto day = static_cast<std::size_t>(IntegerAt(*rows.children[3], row));
        segment.tokens.at(day).push_back(
            static_cast<std::uint32_t>(IntegerAt(*rows.children[1], row)));
        segment.weights.at(day).push_back(DoubleAt(*rows.children[2], row));
      });
}

Schema DriftSchema() {
  return {{LongField("segment_id"), DoubleField("stability_index", true),
           DoubleField("weights_cosine", true), LongField("people_before"), LongField("people_now"),
           TextField("warning", true)}};
}

std::string DriftWarningOf(const std::optional<double>& index, const std::optional<double>& cosine,
                           const Json& settings) {
  std::string warning;
  if (index && *index > settings.at("most_index").get<double>()) {
    warning = fmt::format("scores: stability index {:.3f} is above {}", *index,
                          settings.at("most_index").get<double>());
  }
  if (cosine && *cosine < settings.at("least_cosine").get<double>()) {
    warning += fmt::format("{}weights: cosine {:.3f} is below {}", warning.empty() ? "" : "; ",
                           *cosine, settings.at("least_cosine").get<double>());
  }
  return warning;
}

Batch DriftRow(const Json& settings, std::int64_t number, const DriftingSegment& drifting) {
  NumberColumn<std::int64_t> segment;
  NumberColumn<double> index;
  NumberColumn<double> cosine;
  NumberColumn<std::int64_t> before;
  NumberColumn<std::int64_t> now;
  TextColumn warning;
  const auto found_index = learn::PopulationStabilityIndex(drifting.bins);
  const auto found_cosine = learn::Cosine(drifting.tokens[kBefore], drifting.weights[kBefore],
                                          drifting.tokens[kNow], drifting.weights[kNow]);
  segment.Append(number);
  AppendOptional(index, found_index);
  AppendOptional(cosine, found_cosine);
  before.Append(std::ssize(drifting.scores[kBefore]));
  now.Append(std::ssize(drifting.scores[kNow]));
  warning.AppendOrNull(DriftWarningOf(found_index, found_cosine, settings));
  return Together(1, segment, index, cosine, before, now, warning);
}

Schema DriftBinsSchema() {
  return {{LongField("segment_id"), LongField("bin"), DoubleField("upper", true),
           LongField("before"), LongField("now")}};
}

Batch DriftBinRows(const DriftingSegments& /*all*/, std::int64_t number,
                   const DriftingSegment& drifting) {
  NumberColumn<std::int64_t> segment;
  NumberColumn<std::int64_t> place;
  NumberColumn<double> upper;
  NumberColumn<std::int64_t> before;
  NumberColumn<std::int64_t> now;
  for (const learn::DriftBin& bin : drifting.bins) {
    place.Append(static_cast<std::int64_t>(segment.num_rows()) + 1);
    segment.Append(number);
    AppendOptional(upper, std::isinf(bin.upper) ? std::nullopt : std::optional(bin.upper));
    before.Append(static_cast<std::int64_t>(bin.before));
    now.Append(static_cast<std::int64_t>(bin.now));
  }
  return Together(segment.num_rows(), segment, place, upper, before, now);
}

std::vector<Argument> DriftArguments() {
  const auto scores = [](const char* name, const char* doc) {
    return Argument{.name = name,
                    .columns = {LongField("segment_id", true), DoubleField("score", true)},
                    .doc = doc};
  };
  const auto weights = [](const char* name, const char* doc) {
    return Argument{.name = name,
                    .columns = {LongField("segment_id", true), TextField("token", true),
                                DoubleField("weight", true)},
                    .doc = doc};
  };
  return {scores("scores_before", "one row a segment and person"),
          scores("scores_now", "the same of the later day"),
          weights("weights_before", "one row a segment and token of its model"),
          weights("weights_now", "the same of the later day")};
}

class ScoreDrift final : public Operator {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "score_drift",
        .doc = "Whether scores and token weights of two days are alike, by segment.",
        .version = 1,
        .arguments = DriftArguments(),
        .outputs = {"drift", "bins"},
        .settings = {{.name = "most_index",
                      .type = SettingType::kNumber,
                      .standard = 0.2,
                      .least = 0,
                      .doc = "a larger population stability index of scores is warned of"},
                     {.name = "least_cosine",
                      .type = SettingType::kNumber,
                      .standard = 0.8,
                      .least = -1,
                      .most = 1,
                      .doc = "a smaller cosine of token weights is warned of"}}};
    return kDeclaration;
  }

  std::vector<Schema> Outputs(const Json& /*settings*/,
                              const std::map<std::string, Schema>& /*inputs*/) const override {
    return {DriftSchema(), DriftBinsSchema()};
  }

  Split SplitOf(const Json& /*settings*/) const override { return {}; }

  void Run(OperatorContext& context) const override {
    auto all = std::make_shared<DriftingSegments>();
    ReadScores(context, kBefore, *all);
    ReadScores(context, kNow, *all);
    ReadWeights(context, *all);
    for (auto& [number, segment] : all->segments) {
      segment.bins = learn::DriftBins(segment.scores[kBefore], segment.scores[kNow]);
    }
    const SharedDrift shared = std::move(all);
    context.Give(
        "drift", DriftSchema(),
        BySegment(shared, [settings = context.settings()](const auto& /*all*/, std::int64_t number,
                                                          const DriftingSegment& segment) {
          return DriftRow(settings, number, segment);
        }));
    context.Give("bins", DriftBinsSchema(), BySegment(shared, DriftBinRows));
  }
};

}  // namespace

std::unique_ptr<Operator> MakeScoreDrift() { return std::make_unique<ScoreDrift>(); }

}  // namespace weir::operators
