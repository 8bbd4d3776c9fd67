#include "operators/learn/score_people.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_seed.h"
#include "onnx/scoring_graph.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Tokens = std::map<std::string, int>;  // with days
using Model = onnx::ScoringModel;

// The model's formula, token by token.
double SlowScore(const Model& model, const Tokens& tokens) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < model.tokens.size(); ++i) {
    const auto found = tokens.find(model.tokens[i]);
    if (found == tokens.end()) {
      continue;
    }
    const double value = model.idf.empty() ? 1 : std::log(1.0 + found->second) * model.idf[i];
    sum += value * model.weights[i];
    squares += value * value;
  }
  const double length = model.idf.empty() ? 1 : std::sqrt(squares);
  return 1 / (1 + std::exp(-(model.intercept + (length > 0 ? sum / length : 0))));
}

class ScorePeopleTest : public testing::Test {
 protected:
  ScorePeopleTest() {
    connection_.Run(
        "CREATE TABLE histories (universal_id VARCHAR, tokens STRUCT(token VARCHAR, days "
        "BIGINT)[]); CREATE TABLE models (segment_id BIGINT, run_id VARCHAR, model_sha256 VARCHAR, "
        "model BLOB); CREATE TABLE segments (segment_id BIGINT, wanted BIGINT, audience VARCHAR); "
        "CREATE TABLE audiences (audience VARCHAR, universal_id VARCHAR); CREATE TABLE excluded "
        "(segment_id BIGINT, universal_id VARCHAR)");
  }

  // Kept until Run().
  void Insert(const std::string& table, const std::string& row) {
    std::string& rows = rows_[table];
    rows += (rows.empty() ? "" : ", ") + row;
  }

  void AddPerson(const std::string& name, const Tokens& tokens) {
    std::string list;
    for (const auto& [token, days] : tokens) {
      list += fmt::format("{}{{'token': '{}', 'days': {}}}", list.empty() ? "" : ", ", token, days);
    }
    Insert("histories", fmt::format("('{}', [{}])", name, list));
    people_[name] = tokens;
  }

  void AddModel(std::int64_t segment, const Model& model) {
    const std::string bytes = onnx::WriteOnnx(model);
    std::string text;
    for (const unsigned char byte : bytes) {
      text += fmt::format("\\x{:02X}", byte);
    }
    connection_.Run(fmt::format("INSERT INTO models VALUES ({}, 'run{}', '{}', '{}'::BLOB)",
                                segment, segment, Sha256Of(bytes), text));
    models_[segment] = model;
  }

  void AddSegment(std::int64_t segment, int wanted, const std::string& audience = "all") {
    Insert("segments", fmt::format("({}, {}, '{}')", segment, wanted, audience));
  }

  void Fill() {
    for (const auto& [table, rows] : std::exchange(rows_, {})) {
      connection_.Run(fmt::format("INSERT INTO {} VALUES {}", table, rows));
    }
  }

  void Run() {
    Fill();
    const auto op = MakeScorePeople();
    TestContext context(database_, connection_,
                        CompleteSettings(op->declaration().settings, nlohmann::json::object()),
                        {{"histories", "histories"},
                         {"models", "models"},
                         {"segments", "segments"},
                         {"audiences", "audiences"},
                         {"excluded", "excluded"}},
                        "made_");
    op->Run(context);
  }

  std::string Text(const std::string& sql) {
    const sql::Value cell =
        connection_.Query(fmt::format("SELECT CAST(({}) AS VARCHAR)", sql)).Cell();
    return sql::IsNull(cell) ? "NULL" : std::get<std::string>(cell);
  }

  std::string Summary() {
    return Text(
        "SELECT string_agg(segment_id || ' ' || status || ' ' || scored || coalesce(' ' || reason, "
        "''), ', ' ORDER BY segment_id) FROM made_summary");
  }

  // Who should be kept, best first; scores that differ by rounding alone may change places.
  void ExpectBest(std::int64_t segment, std::size_t wanted, const std::set<std::string>& audience,
                  const std::set<std::string>& excluded) {
    std::vector<std::pair<double, std::string>> expected;
    for (const auto& [name, tokens] : people_) {
      if (audience.contains(name) && !excluded.contains(name)) {
        expected.emplace_back(-SlowScore(models_.at(segment), tokens), name);
      }
    }
    std::ranges::sort(expected);
    expected.resize(std::min(wanted, expected.size()));
    const auto rows =
        connection_
            .Query(fmt::format("SELECT universal_id, score, rank::VARCHAR FROM made_scored WHERE "
                               "segment_id = {} ORDER BY rank",
                               segment))
            .Rows();
    ASSERT_EQ(rows.size(), expected.size()) << segment;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& name = std::get<std::string>(rows[i][0]);
      EXPECT_NEAR(std::get<double>(rows[i][1]), -expected[i].first, 1e-12);
      EXPECT_NEAR(std::get<double>(rows[i][1]), SlowScore(models_.at(segment), people_.at(name)),
                  1e-12);
      EXPECT_EQ(std::get<std::string>(rows[i][2]), std::to_string(i + 1));
      EXPECT_TRUE(audience.contains(name) && !excluded.contains(name)) << name;
    }
  }

  std::map<std::string, Tokens> people_;
  std::map<std::int64_t, Model> models_;
  std::map<std::string, std::string> rows_;  // by table
  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
};

TEST_F(ScorePeopleTest, RandomModelsScoreAsTheirFormula) {
  std::mt19937_64 random(TestSeed());
  const auto below = [&](int bound) {
    return static_cast<int>(random() % static_cast<unsigned>(bound));
  };
  for (int round = 0; round < TestRounds(); ++round) {
    connection_.Run(
        "DELETE FROM histories; DELETE FROM models; DELETE FROM segments; DELETE FROM audiences; "
        "DELETE FROM excluded; DROP TABLE IF EXISTS made_scored; DROP TABLE IF EXISTS "
        "made_summary");
    people_.clear();
    models_.clear();
    std::map<std::string, std::set<std::string>> audiences;
    for (int i = 0; i < 40; ++i) {
      Tokens tokens;
      for (int token = 0; token < 12; ++token) {
        if (below(3) == 0) {
          tokens[fmt::format("t{:02}", token)] = 1 + below(100);
        }
      }
      const std::string name = fmt::format("p{:02}", i);
      AddPerson(name, tokens);
      for (const char* audience : {"all", "some"}) {
        if (audience[0] == 'a' || below(2) == 0) {
          audiences[audience].insert(name);
          Insert("audiences", fmt::format("('{}', '{}')", audience, name));
        }
      }
    }
    std::map<std::int64_t, std::set<std::string>> excluded;
    for (std::int64_t segment = 1; segment <= 5; ++segment) {
      Model model;
      model.transform = below(2) == 0 ? onnx::Transform::kBinary : onnx::Transform::kLogIdf;
      model.intercept = below(9) - 4.0;
      const double idf_of_training = 1 + below(2);  // models of two trainings
      for (int token = 0; token < 15; ++token) {
        if (below(4) > 0) {
          model.tokens.push_back(fmt::format("t{:02}", token));
          model.weights.push_back(below(3) == 0 ? 0 : (below(2001) - 1000) / 500.0);
          if (model.transform == onnx::Transform::kLogIdf) {
            model.idf.push_back(idf_of_training + token * 0.1);
          }
        }
      }
      AddModel(segment, model);
      AddSegment(segment, 10 + below(20), segment % 2 == 0 ? "some" : "all");
      for (int i = below(5); i < 40; i += 7) {
        const std::string name = fmt::format("p{:02}", i);
        excluded[segment].insert(name);
        Insert("excluded", fmt::format("({}, '{}')", segment, name));
      }
    }

    Run();

    for (std::int64_t segment = 1; segment <= 5; ++segment) {
      const auto wanted = static_cast<std::size_t>(std::stoi(
          Text(fmt::format("SELECT wanted FROM segments WHERE segment_id = {}", segment))));
      ExpectBest(segment, wanted, audiences[segment % 2 == 0 ? "some" : "all"], excluded[segment]);
    }
  }
}

TEST_F(ScorePeopleTest, OneSegmentWithoutAModelLeavesTheOthers) {
  AddPerson("a", {{"x", 1}});
  AddPerson("b", {{"y", 1}});
  connection_.Run("INSERT INTO audiences VALUES ('all', 'a'), ('all', 'b'), ('all', 'stranger')");
  for (std::int64_t segment = 1; segment <= 4; ++segment) {
    AddSegment(segment, 10, segment == 4 ? "nobody" : "all");
  }
  const Model model{.tokens = {"x"}, .idf = {}, .weights = {1}, .intercept = -1};
  AddModel(1, model);
  AddModel(2, model);
  AddModel(4, model);
  AddModel(9, model);  // of no segment
  connection_.Run("UPDATE models SET model_sha256 = 'f00' WHERE segment_id = 2");

  Run();

  EXPECT_EQ(Summary(),
            "1 scored 2, 2 failed 0 the model of run run2 isn't what its SHA-256 says, 3 no_model "
            "0, 4 scored 0");
  EXPECT_EQ(Text("SELECT string_agg(universal_id || ' ' || rank, ', ' ORDER BY rank) FROM "
                 "made_scored"),
            "a 1, b 2");
}

TEST_F(ScorePeopleTest, EqualScoresAreRankedByName) {
  for (const std::string name : {"c", "a", "d", "b"}) {
    AddPerson(name, {{"x", 1}});
    Insert("audiences", fmt::format("('all', '{}')", name));
  }
  AddSegment(1, 3);
  AddModel(1, {.tokens = {"x"}, .idf = {}, .weights = {0.3}, .intercept = 0});

  Run();

  EXPECT_EQ(Text("SELECT string_agg(universal_id || rank, ' ' ORDER BY rank) FROM made_scored"),
            "a1 b2 c3");
}

}  // namespace
}  // namespace weir::operators
