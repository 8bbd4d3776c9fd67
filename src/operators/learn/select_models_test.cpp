#include "operators/learn/select_models.h"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Json = nlohmann::json;

// Sixty people: even ones were on d:a, every third on d:b; segment 1 wants those of d:a, but for a
// few.
class SelectModelsTest : public testing::Test {
 protected:
  SelectModelsTest() {
    connection_.Run(
        "CREATE TABLE histories (universal_id VARCHAR, tokens STRUCT(token VARCHAR, days "
        "BIGINT)[]);"
        "CREATE TABLE training (segment_id BIGINT, universal_id VARCHAR, label BIGINT, fold "
        "BIGINT);"
        "CREATE TABLE sizes (segment_id BIGINT, positives BIGINT, eligible BIGINT, reason VARCHAR);"
        "CREATE TABLE masks (segment_id BIGINT, token VARCHAR);"
        "INSERT INTO histories SELECT format('p{:02d}', i), list_filter([{token: 'd:a', days: 1 + "
        "i "
        "% 3}, {token: CASE WHEN i % 3 = 0 THEN 'd:b' ELSE 'd:c' END, days: 2}], t -> t.token <> "
        "'d:a' OR i % 2 = 0) FROM range(60) r(i);"
        "INSERT INTO training SELECT 1, format('p{:02d}', i), CASE WHEN i % 10 = 7 THEN 1 - i % 2 "
        "WHEN i % 10 = 4 THEN 0 ELSE 1 - i % 2 END, i % 7 % 3 FROM range(60) r(i);"
        "INSERT INTO sizes VALUES (1, 24, 60, NULL)");
  }

  void Run(const Json& settings = Json::object()) {
    const auto op = MakeSelectModels();
    TestContext context(database_, connection_,
                        CompleteSettings(op->declaration().settings, settings),
                        {{"histories", "histories"},
                         {"training", "training"},
                         {"sizes", "sizes"},
                         {"masks", "masks"}},
                        "made_");
    op->Run(context);
  }

  std::string ErrorOf(const std::string& change, const Json& settings = Json::object()) {
    connection_.Run("BEGIN;" + change);
    std::string message = weir::ErrorOf([&] { Run(settings); });
    connection_.Run("ROLLBACK");
    return message;
  }

  std::string Text(const std::string& sql) {
    return std::get<std::string>(
        connection_.Query(fmt::format("SELECT CAST(({}) AS VARCHAR)", sql)).Cell());
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(SelectModelsTest, LearnsWhatMakesPositives) {
  Run();

  EXPECT_EQ(Text("SELECT status FROM made_runs"), "succeeded");
  EXPECT_EQ(Text("SELECT token FROM made_token_weights ORDER BY weight DESC LIMIT 1"), "d:a");
  EXPECT_EQ(Text("SELECT people FROM made_token_weights WHERE token = 'd:a'"), "30");
  EXPECT_EQ(Text("SELECT auc_mean > 0.85 FROM made_runs"), "true");
  EXPECT_EQ(Text("SELECT count(*) FROM made_grid"), "60");
  EXPECT_EQ(Text("SELECT sum(positives) || ' ' || sum(negatives) FROM made_score"), "24 36");
  EXPECT_EQ(Text("SELECT max(true_positive_rate) || ' ' || count(*) FILTER (threshold IS NULL) "
                 "FROM made_roc"),
            "1.0 1");
}

TEST_F(SelectModelsTest, DoesNotDependOnTheOrderOfRows) {
  Run();
  connection_.Run(
      "CREATE TABLE first_weights AS FROM made_token_weights; CREATE TABLE first_grid AS FROM "
      "made_grid;"
      "CREATE TABLE turned AS SELECT universal_id, list_reverse(tokens) AS tokens FROM histories "
      "ORDER BY universal_id DESC; DROP TABLE histories; ALTER TABLE turned RENAME TO histories;"
      "CREATE TABLE turned AS FROM training ORDER BY universal_id DESC; DROP TABLE training;"
      "ALTER TABLE turned RENAME TO training");

  Run();

  EXPECT_EQ(Text("SELECT count(*) FROM (FROM first_weights EXCEPT FROM made_token_weights)"), "0");
  EXPECT_EQ(Text("SELECT count(*) FROM (FROM first_grid EXCEPT FROM made_grid)"), "0");
}

TEST_F(SelectModelsTest, ARunIsNamedByWhatItLearnsFrom) {
  const auto run_id = [&](const std::string& change, const Json& settings) {
    connection_.Run("BEGIN;" + change);
    Run(settings);
    connection_.Run("ROLLBACK");
    return Text("SELECT run_id FROM made_runs");
  };
  const Json named{{"name", "amer/2026-01-31"}};
  const std::string id = run_id("", named);

  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(id, run_id("UPDATE histories SET tokens = list_reverse(tokens)", named));
  std::set<std::string> others{id, run_id("", {{"name", "amer/2026-02-01"}}),
                               run_id("", {{"name", "amer/2026-01-31"}, {"c", {"1"}}})};
  for (const std::string change :
       {"UPDATE training SET label = 1 - label WHERE universal_id = 'p01'",
        "UPDATE training SET fold = (fold + 1) % 3 WHERE universal_id = 'p01'",
        "DELETE FROM training WHERE universal_id = 'p01'",
        "UPDATE histories SET tokens = [{token: 'd:c', days: 3}] WHERE universal_id = 'p01'",
        "UPDATE sizes SET eligible = 61", "INSERT INTO masks VALUES (1, 'd:b')",
        "INSERT INTO histories VALUES ('p99', [{token: 'd:a', days: 1}])"}) {
    EXPECT_TRUE(others.insert(run_id(change, named)).second) << change;
  }
}

TEST_F(SelectModelsTest, ModelsAreFilesWithTheirChecksum) {
  Run({{"model_prefix", "lookalikes_amer_"}, {"version", "2026-01-31"}});

  EXPECT_EQ(Text("SELECT model_name || ' ' || model_version FROM made_runs"),
            "lookalikes_amer_1 20260131");
  EXPECT_EQ(Text("SELECT sha256(model) FROM made_models"),
            Text("SELECT model_sha256 FROM made_runs"));
  EXPECT_EQ(Text("SELECT count(*) FROM made_models JOIN made_runs USING (segment_id, run_id, "
                 "model_sha256) WHERE champion"),
            "1");
  EXPECT_EQ(Text("SELECT list(DISTINCT run_id) = [any_value(r.run_id)] FROM made_token_weights "
                 "JOIN made_runs r USING (run_id)"),
            "true");
}

TEST_F(SelectModelsTest, AModelThatTellsNoMoreThanActivityIsMarked) {
  Run();
  EXPECT_EQ(Text("SELECT coalesce(parameters['warning'], 'none') FROM made_runs"), "none");

  // Positives are exactly those with two tokens, whatever the tokens are.
  connection_.Run(
      "UPDATE training SET label = CAST(substr(universal_id, 2) AS BIGINT) % 2;"
      "UPDATE histories SET tokens = CASE WHEN CAST(substr(universal_id, 2) AS BIGINT) % 2 = 1 "
      "THEN [{token: 'd:a', days: 1}, {token: 'd:b', days: 1}] ELSE [{token: 'd:c', days: 1}] END;"
      "UPDATE sizes SET positives = 30");
  Run();

  EXPECT_EQ(Text("SELECT parameters['warning'] FROM made_runs"),
            "AUC 1.0000 is less than 0.02 above that of activity alone, 1.0000");
}

TEST_F(SelectModelsTest, MaskedTokensHaveNoWeight) {
  connection_.Run("INSERT INTO masks VALUES (1, 'd:a'), (2, 'd:b'), (1, 'd:unknown')");

  Run();

  EXPECT_EQ(Text("SELECT count(*) FROM made_token_weights WHERE token = 'd:a'"), "0");
  EXPECT_EQ(Text("SELECT vocabulary FROM made_runs"), "1");  // d:c is more than half of them's
}

TEST_F(SelectModelsTest, ProbabilitiesAreOfAllEligiblePeople) {
  Run();
  const std::string intercept = "SELECT parameters['intercept'] FROM made_runs";
  const double sampled = std::stod(Text(intercept));
  connection_.Run("UPDATE sizes SET positives = 48, eligible = 48 + 360");

  Run();

  // A tenth of the negatives and half of the positives were drawn.
  EXPECT_NEAR(std::stod(Text(intercept)), sampled + std::log(0.1) - std::log(0.5), 1e-12);
}

TEST_F(SelectModelsTest, OneSegmentThatCannotBeLearntLeavesTheOthers) {
  connection_.Run(
      "INSERT INTO sizes VALUES (2, 3, 60, 'only 3 positives'), (3, 0, 60, NULL);"
      "INSERT INTO training SELECT 3, universal_id, 0, fold FROM training WHERE segment_id = 1");

  Run();

  EXPECT_EQ(Text("SELECT string_agg(segment_id || ' ' || status || coalesce(' ' || reason, ''), "
                 "', ' ORDER BY segment_id) FROM made_runs"),
            "1 succeeded, 2 skipped only 3 positives, 3 failed no fold has both classes");
}

TEST_F(SelectModelsTest, WrongRowsAreNamed) {
  EXPECT_EQ(ErrorOf("INSERT INTO training VALUES (1, 'nobody', 1, 0)"),
            "training: 'nobody' has no history");
  EXPECT_EQ(ErrorOf("INSERT INTO training VALUES (1, 'p00', 1, 0)"),
            "training: 'p00' has two rows for segment 1; one is allowed");
  EXPECT_EQ(ErrorOf("UPDATE training SET label = 2 WHERE universal_id = 'p07'"),
            "training: 'p07' has label 2 and fold 0; labels 0 and 1 and folds 0 to 1000 are "
            "allowed");
  EXPECT_EQ(ErrorOf("INSERT INTO histories SELECT * FROM histories WHERE universal_id = 'p01'"),
            "histories: 'p01' has two rows; one row a person is allowed");
  EXPECT_EQ(ErrorOf("UPDATE histories SET tokens = list_concat(tokens, tokens)").substr(0, 39),
            "histories: 'p00' has token 'd:a' twice;");
  EXPECT_EQ(ErrorOf("", {{"c", {"0.1", "none"}}}),
            "setting 'c' has 'none'; numbers above 0 are allowed");
  EXPECT_EQ(ErrorOf("", {{"c", "0.1, -1"}}), "setting 'c' has ' -1'; numbers above 0 are allowed");
  EXPECT_EQ(ErrorOf("", {{"version", "newest"}}),
            "setting 'version' is 'newest'; a number or a day such as 2026-01-31 is allowed");
}

}  // namespace
}  // namespace weir::operators
