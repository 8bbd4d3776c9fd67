#include <functional>
#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "operators/learn/evaluate_scores.h"
#include "operators/learn/score_candidates.h"
#include "operators/learn/score_drift.h"
#include "operators/report/draw_evaluation.h"
#include "operators/report/svg_chart.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Names = TestContext::Names;

class EvaluationOperatorsTest : public testing::Test {
 protected:
  // What goes wrong, or nothing.
  std::string Run(const Operator& op, const nlohmann::json& settings, Names arguments) {
    try {
      TestContext context(database_, connection_,
                          CompleteSettings(op.declaration().settings, settings),
                          std::move(arguments), "made_");
      op.Run(context);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  std::string Text(const std::string& sql) {
    const sql::Value cell =
        connection_.Query(fmt::format("SELECT CAST(({}) AS VARCHAR)", sql)).Cell();
    return sql::IsNull(cell) ? "NULL" : std::get<std::string>(cell);
  }

  std::string Evaluate(const std::string& rows) {
    connection_.Run(
        "CREATE OR REPLACE TABLE scores (segment_id BIGINT, universal_id VARCHAR, label BIGINT, "
        "good DOUBLE, bad DOUBLE); INSERT INTO scores VALUES " +
        rows);
    return Run(*MakeEvaluateScores(), {{"methods", {"good", "bad"}}}, {{"scores", "scores"}});
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(EvaluationOperatorsTest, WrongScoresAreNamed) {
  EXPECT_EQ(Evaluate("(1, 'a', 2, 0, 0)"), "scores: 'a' has label 2; 0 and 1 are allowed");
  EXPECT_EQ(Evaluate("(1, 'a', 1, 0, 0), (1, 'a', 1, 0, 0)"),
            "scores: 'a' has two rows for segment 1; one is allowed");
  EXPECT_EQ(Evaluate("(1, 'a', 1, 'nan', 0)"),
            "scores: 'a' has good nan; finite numbers are allowed");
}

TEST_F(EvaluationOperatorsTest, AMethodIsComparedWhereItIs) {
  // Segment 2 lacks a score by `bad` of one person; segment 3 has one class alone.
  EXPECT_EQ(Evaluate("(1, 'a', 1, 2, 1), (1, 'b', 0, 1, 2), (2, 'a', 1, 1, 1), (2, 'b', 0, 2, "
                     "NULL), (3, 'a', 1, 1, 1)"),
            "");

  EXPECT_EQ(Text("SELECT string_agg(concat_ws(' ', coalesce(segment_id, 0), method, segments, "
                 "people, auc, auc_behind), ', ' ORDER BY segment_id, method) FROM made_figures"),
            "1 bad 1 2 0.0 1.0, 1 good 1 2 1.0, 2 bad 0 2, 2 good 1 2 0.0, 3 bad 0 1, 3 good 0 1, "
            "0 bad 1 2 0.0 1.0, 0 good 2 4 0.5");
}

TEST_F(EvaluationOperatorsTest, MethodsAreColumns) {
  const auto op = MakeEvaluateScores();
  const Schema schema{{{.name = "good", .type = PlainType(TypeKind::kDouble)}}};

  EXPECT_THROW(op->Outputs({{"methods", {"goood"}}}, {{"scores", schema}}), UserError);
  EXPECT_THROW(op->Outputs({{"methods", nlohmann::json::array()}}, {{"scores", schema}}),
               UserError);
}

TEST_F(EvaluationOperatorsTest, WrongCandidatesAreNamed) {
  connection_.Run(
      "CREATE TABLE histories AS SELECT 'a' AS universal_id, [{'token': 'w:x', 'days': 1}] AS "
      "tokens; CREATE TABLE models (segment_id BIGINT, run_id VARCHAR, model_sha256 VARCHAR, model "
      "BLOB)");
  const auto score = [&](const std::string& rows) {
    connection_.Run(
        "CREATE OR REPLACE TABLE candidates (segment_id BIGINT, universal_id VARCHAR, label "
        "BIGINT); INSERT INTO candidates VALUES " +
        rows);
    return Run(*MakeScoreCandidates(), nlohmann::json::object(),
               {{"histories", "histories"}, {"candidates", "candidates"}, {"models", "models"}});
  };

  EXPECT_EQ(score("(1, 'b', 0)"), "candidates: 'b' has no history");
  EXPECT_EQ(score("(1, 'a', 3)"), "candidates: 'a' of segment 1 has label 3; 0 and 1 are allowed");
  EXPECT_EQ(score("(1, 'a', 0), (1, 'a', 1)"),
            "candidates: 'a' has two rows for segment 1; one is allowed");
  connection_.Run("INSERT INTO models VALUES (1, 'run', 'no hash of it', 'x'::BLOB)");
  EXPECT_EQ(score("(1, 'a', 1)"), "");
  EXPECT_EQ(Text("SELECT model FROM made_scores"), "NULL") << "a broken model scores";
}

TEST_F(EvaluationOperatorsTest, ThePageEscapesWhatItShows) {
  EXPECT_EQ(HtmlText("a<b & 'c' \"d\"\n"), "a&lt;b &amp; &#39;c&#39; &quot;d&quot; ");
  EXPECT_EQ(Evaluate("(1, 'a', 1, 2, 1), (1, 'b', 0, 1, 2)"), "");
  connection_.Run(
      "CREATE TABLE drift AS SELECT 1 AS segment_id, 0.3 AS stability_index, 0.5 AS "
      "weights_cosine, 'a <b> & c' AS warning; CREATE TABLE bins AS SELECT 1 AS segment_id, 1 AS "
      "bin, 5 AS before, 7 AS now");
  connection_.Run(
      "ALTER TABLE drift ALTER segment_id TYPE BIGINT; ALTER TABLE bins ALTER "
      "segment_id TYPE BIGINT; ALTER TABLE drift ALTER stability_index TYPE DOUBLE; "
      "ALTER TABLE drift ALTER weights_cosine TYPE DOUBLE");

  EXPECT_EQ(Run(*MakeDrawEvaluation(), {{"title", "<script>"}},
                {{"figures", "made_figures"},
                 {"curves", "made_curves"},
                 {"drift", "drift"},
                 {"drift_bins", "bins"}}),
            "");

  const std::string page = Text("SELECT html FROM made_page");
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(page.find("a &lt;b&gt; &amp; c"), std::string::npos);
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>") && page.ends_with("</body></html>"));
}

}  // namespace
}  // namespace weir::operators
