#include "cli/lookalikes/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/process.h"
#include "cli/lookalikes/result_cells.h"
#include "learn/drift.h"
#include "learn/evaluation.h"
#include "operators/learn/evaluated_segments.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

// Two columns of numbers by segment.
using NumberPairs = std::map<std::int64_t, std::array<std::vector<double>, 2>>;

NumberPairs ReadPairs(lake::QuerySession& session, const std::string& sql) {
  NumberPairs pairs;
  for (const ResultRow& row : session.Run(sql).Rows()) {
    auto& [left, right] = pairs[WholeAt(row, 0)];
    left.push_back(RealAt(row, 1));
    right.push_back(RealAt(row, 2));
  }
  return pairs;
}

class Comparer {
 public:
  Comparer(lake::QuerySession& session, const ComparedDay& day, const OldLookalikes& old)
      : session_(session), day_(day), old_(old) {}

  std::vector<SegmentComparison> Run() {
    FindSegments();
    if (old_.has_scores) {
      Rank("scores", ScoresSql());
    }
    if (old_.has_weights) {
      Rank("token_weights", WeightSumsSql());
    }
    if (old_.has_members) {
      Rank("members", MembershipSql());
      CompareMembers();
    }
    CompareWeights();
    CompareScores();
    std::vector<SegmentComparison> found;
    found.reserve(segments_.size());
    for (auto& [segment, comparison] : segments_) {
      found.push_back(std::move(comparison));
    }
    return found;
  }

 private:
  std::string Where(const std::string& day) const {
    return fmt::format("region = {} AND ds = {}", sql::QuoteText(day_.region), sql::QuoteText(day));
  }

  void FindSegments() {
    session_.Run(
        "CREATE OR REPLACE TEMP TABLE judged AS SELECT segment_id, universal_id, label, model FROM "
        "metastore.lookalikes_evaluation_scores WHERE model IS NOT NULL AND " +
        Where(day_.day));
    for (const ResultRow& row :
         session_.Run("SELECT DISTINCT segment_id FROM judged ORDER BY segment_id").Rows()) {
      segments_[WholeAt(row, 0)].segment_id = WholeAt(row, 0);
    }
  }

  // Queries of segment_id, universal_id, old score, for segments that the old system has. Whom it
  // has no score of comes last.
  static std::string ScoresSql() {
    return "SELECT j.segment_id, j.universal_id, coalesce(o.score, l.least - 1) AS score FROM "
           "judged AS j JOIN (SELECT segment_id, min(score) AS least FROM old_scores GROUP BY "
           "segment_id) AS l ON l.segment_id = j.segment_id LEFT JOIN old_scores AS o ON "
           "o.segment_id = j.segment_id AND o.universal_id = j.universal_id";
  }

  std::string WeightSumsSql() const {
    return fmt::format(
        "SELECT j.segment_id, j.universal_id, coalesce(exact_sum(w.weight), 0) AS score FROM "
        "judged AS j JOIN (SELECT universal_id, unnest(tokens).token AS token FROM "
        "metastore.lookalikes_user_histories WHERE {}) AS h ON h.universal_id = j.universal_id "
        "LEFT JOIN old_token_weights AS w ON w.segment_id = j.segment_id AND w.token = h.token "
        "WHERE j.segment_id IN (SELECT segment_id FROM old_token_weights) GROUP BY j.segment_id, "
        "j.universal_id",
        Where(day_.judged));
  }

  std::string MembershipSql() const {
    return fmt::format(
        "SELECT j.segment_id, j.universal_id, CASE WHEN m.universal_id IS NULL THEN 0.0 ELSE 1.0 "
        "END AS score FROM judged AS j LEFT JOIN (SELECT DISTINCT o.segment_id, p.universal_id "
        "FROM old_members AS o JOIN metastore.mapping_{} AS p ON p.user_id = o.dsp_user_id) AS m "
        "ON m.segment_id = j.segment_id AND m.universal_id = j.universal_id WHERE j.segment_id IN "
        "(SELECT segment_id FROM old_members)",
        day_.region);
  }

  // Segments that aren't ranked yet.
  void Rank(const std::string& by, const std::string& sql) {
    struct Rows {
      std::vector<std::uint64_t> people;
      std::vector<std::uint8_t> labels;
      std::array<std::vector<double>, 2> scores;  // new, old
    };
    std::map<std::int64_t, Rows> all;
    for (const ResultRow& row :
         session_
             .Run(fmt::format("SELECT j.segment_id, j.universal_id, CAST(j.label AS BIGINT), "
                              "j.model, CAST(o.score AS DOUBLE) FROM judged AS j JOIN ({}) AS o ON "
                              "o.segment_id = j.segment_id AND o.universal_id = j.universal_id "
                              "ORDER BY j.segment_id, j.universal_id",
                              sql))
             .Rows()) {
      if (!segments_.at(WholeAt(row, 0)).ranked_by.empty()) {
        continue;
      }
      Rows& rows = all[WholeAt(row, 0)];
      rows.people.push_back(operators::EvaluatedPersonHash(TextAt(row, 1)));
      rows.labels.push_back(static_cast<std::uint8_t>(WholeAt(row, 2)));
      rows.scores[0].push_back(RealAt(row, 3));
      rows.scores[1].push_back(RealAt(row, 4));
    }
    for (const auto& [segment, rows] : all) {
      SegmentComparison& comparison = segments_.at(segment);
      comparison.ranked_by = by;
      comparison.people = std::ssize(rows.people);
      comparison.positives = std::ranges::count(rows.labels, std::uint8_t{1});
      const learn::EvaluatedRows evaluated{
          .people = rows.people, .labels = rows.labels, .scores = {rows.scores[0], rows.scores[1]}};
      TakeAucs(evaluated, comparison);
    }
  }

  static void TakeAucs(const learn::EvaluatedRows& rows, SegmentComparison& comparison) {
    const auto found =
        learn::EvaluateRankings({&rows, 1}, {.replicates = 1000, .threads = AvailableProcessors()});
    const learn::MethodReplicates& now = found[0][0];
    const learn::MethodReplicates& then = found[0][1];
    if (std::isnan(now.all.auc)) {
      return;
    }
    comparison.new_auc = now.all.auc;
    comparison.old_auc = then.all.auc;
    std::vector<double> gains;
    gains.reserve(now.auc.size());
    for (std::size_t i = 0; i < now.auc.size(); ++i) {
      gains.push_back(now.auc[i] - then.auc[i]);
    }
    comparison.gain = learn::PercentileInterval(gains);
  }

  // Over the tokens that one of the two has; the other's weight is 0 then.
  void CompareWeights() {
    TakeSpearman(
        fmt::format(
            "SELECT coalesce(n.segment_id, o.segment_id) AS segment_id, coalesce(o.weight, 0), "
            "coalesce(n.weight, 0) FROM old_token_weights AS o FULL JOIN (SELECT w.segment_id, "
            "w.token, w.weight FROM metastore.lookalikes_token_weights AS w JOIN (SELECT "
            "segment_id, run_id, ds FROM metastore.lookalikes_mlflow_runs WHERE champion AND "
            "region = {0} AND ds <= {1} QUALIFY row_number() OVER (PARTITION BY segment_id ORDER "
            "BY ds DESC, run_id) = 1) AS r ON r.segment_id = w.segment_id AND r.run_id = w.run_id "
            "AND r.ds = w.ds WHERE w.region = {0}) AS n ON n.segment_id = o.segment_id AND n.token "
            "= o.token WHERE coalesce(n.segment_id, o.segment_id) IN (SELECT segment_id FROM "
            "old_token_weights) ORDER BY ALL",
            sql::QuoteText(day_.region), sql::QuoteText(day_.judged)),
        &SegmentComparison::weights_spearman);
  }

  // Over the people whom both have scores of.
  void CompareScores() {
    TakeSpearman(
        "SELECT j.segment_id, o.score, j.model FROM judged AS j JOIN old_scores AS o ON "
        "o.segment_id = j.segment_id AND o.universal_id = j.universal_id ORDER BY ALL",
        &SegmentComparison::scores_spearman);
  }

  void TakeSpearman(const std::string& sql, std::optional<double> SegmentComparison::* figure) {
    for (const auto& [segment, numbers] : ReadPairs(session_, sql)) {
      const auto found = segments_.find(segment);
      if (found != segments_.end()) {
        found->second.*figure = learn::SpearmanCorrelation(numbers[0], numbers[1]);
      }
    }
  }

  // As many of both: the best by value, of equal ones the first by id.
  void CompareMembers() {
    const std::string sql = fmt::format(
        "WITH now AS (SELECT segment_id, dsp_user_id, max(value) AS value FROM "
        "metastore.segment_members WHERE {} GROUP BY ALL), sizes AS (SELECT segment_id, "
        "count(*) FILTER (is_old) AS old_size, count(*) FILTER (NOT is_old) AS new_size FROM "
        "(SELECT segment_id, true AS is_old FROM old_members UNION ALL SELECT segment_id, false "
        "FROM now) AS m GROUP BY segment_id), best AS (SELECT segment_id, dsp_user_id, count(*) AS "
        "sides FROM (SELECT segment_id, dsp_user_id, row_number() OVER (PARTITION BY segment_id "
        "ORDER BY value DESC, dsp_user_id) AS place FROM old_members UNION ALL SELECT segment_id, "
        "dsp_user_id, row_number() OVER (PARTITION BY segment_id ORDER BY value DESC, dsp_user_id) "
        "FROM now) AS ranked JOIN sizes USING (segment_id) WHERE place <= least(old_size, "
        "new_size) GROUP BY segment_id, dsp_user_id) SELECT s.segment_id, s.old_size, s.new_size, "
        "CAST((SELECT count(*) FROM best AS b WHERE b.segment_id = s.segment_id AND b.sides = 2) "
        "AS BIGINT) AS both FROM sizes AS s ORDER BY s.segment_id",
        Where(day_.day));
    for (const ResultRow& row : session_.Run(sql).Rows()) {
      const auto found = segments_.find(WholeAt(row, 0));
      if (found == segments_.end()) {
        continue;
      }
      found->second.old_size = WholeAt(row, 1);
      found->second.new_size = WholeAt(row, 2);
      const std::int64_t equal = std::min(WholeAt(row, 1), WholeAt(row, 2));
      if (equal > 0) {
        found->second.overlap = static_cast<double>(WholeAt(row, 3)) / static_cast<double>(equal);
      }
    }
  }

  lake::QuerySession& session_;
  const ComparedDay& day_;
  const OldLookalikes& old_;
  std::map<std::int64_t, SegmentComparison> segments_;
};

}  // namespace

std::vector<SegmentComparison> CompareSegments(lake::QuerySession& session, const ComparedDay& day,
                                               const OldLookalikes& old) {
  return Comparer(session, day, old).Run();
}

}  // namespace weir::cli
