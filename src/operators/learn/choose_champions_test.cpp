#include "operators/learn/choose_champions.h"

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "base/test_seed.h"
#include "onnx/scoring_graph.h"
#include "operators/test_context.h"

namespace weir::operators {
namespace {

using Weights = std::map<std::string, double>;

struct TrainedPerson {
  std::set<std::string> tokens;
  int label = 0;
  int fold = 0;
};

// Segment 7's people, and two models of binary features with the same weights in each fold.
class ChooseChampionsTest : public testing::Test {
 protected:
  ChooseChampionsTest() {
    connection_.Run(
        "CREATE TABLE histories (universal_id VARCHAR, tokens STRUCT(token VARCHAR, days "
        "BIGINT)[]); CREATE TABLE training (segment_id BIGINT, universal_id VARCHAR, label BIGINT, "
        "fold BIGINT); CREATE TABLE masks (segment_id BIGINT, token VARCHAR)");
    for (const char* side : {"challengers", "champions"}) {
      connection_.Run(fmt::format(
          "CREATE TABLE {0} (segment_id BIGINT, run_id VARCHAR, ds VARCHAR, folds BIGINT, "
          "model_sha256 VARCHAR, model BLOB); CREATE TABLE {0}_folds (segment_id BIGINT, run_id "
          "VARCHAR, fold BIGINT, token VARCHAR, weight DOUBLE)",
          side));
    }
  }

  // `count` people: positives have `good` with this chance, negatives with one in three; all have
  // noise.
  void AddPeople(std::mt19937_64& random, int count, double chance) {
    const auto happens = [&](double share) {
      return static_cast<double>(random() % 1000) < share * 1000;
    };
    for (int number = 0; number < count; ++number) {
      TrainedPerson person{
          .tokens = {"always"}, .label = number % 3 == 0 ? 1 : 0, .fold = number / 3 % 2};
      if (happens(person.label == 1 ? chance : 1 - chance)) {
        person.tokens.insert("good");
      }
      for (int noise = 0; noise < 4; ++noise) {
        if (happens(0.5)) {
          person.tokens.insert(fmt::format("noise{}", noise));
        }
      }
      people_[fmt::format("p{:05}", number)] = person;
    }
    std::string histories;
    std::string training;
    for (const auto& [name, person] : people_) {
      std::string list;
      for (const std::string& token : person.tokens) {
        list += fmt::format("{}{{'token': '{}', 'days': 1}}", list.empty() ? "" : ", ", token);
      }
      const char* const comma = histories.empty() ? "" : ", ";
      histories += fmt::format("{}('{}', [{}])", comma, name, list);
      training += fmt::format("{}(7, '{}', {}, {})", comma, name, person.label, person.fold);
    }
    connection_.Run(fmt::format("INSERT INTO histories VALUES {}; INSERT INTO training VALUES {}",
                                histories, training));
  }

  void AddModel(const std::string& side, const Weights& weights, int folds = 2) {
    onnx::ScoringModel model;
    for (const auto& [token, weight] : weights) {
      model.tokens.push_back(token);
      model.weights.push_back(weight);
    }
    const std::string bytes = onnx::WriteOnnx(model);
    std::string text;
    for (const unsigned char byte : bytes) {
      text += fmt::format("\\x{:02X}", byte);
    }
    connection_.Run(
        fmt::format("INSERT INTO {0} VALUES (7, 'run_{0}', 'a day', {1}, '{2}', '{3}'::BLOB)", side,
                    folds, Sha256Of(bytes), text));
    for (int fold = 0; fold < folds; ++fold) {
      connection_.Run(
          fmt::format("INSERT INTO {0}_folds VALUES (7, 'run_{0}', {1}, '', -1)", side, fold));
      for (const auto& [token, weight] : weights) {
        connection_.Run(fmt::format("INSERT INTO {0}_folds VALUES (7, 'run_{0}', {1}, '{2}', {3})",
                                    side, fold, token, weight));
      }
    }
  }

  std::string Decide() {
    const auto op = MakeChooseChampions();
    TestContext context(database_, connection_,
                        CompleteSettings(op->declaration().settings, nlohmann::json::object()),
                        {{"challengers", "challengers"},
                         {"challengers_folds", "challengers_folds"},
                         {"champions", "champions"},
                         {"champions_folds", "champions_folds"},
                         {"histories", "histories"},
                         {"training", "training"},
                         {"masks", "masks"}},
                        "made_");
    op->Run(context);
    return Text("SELECT string_agg(decision, ', ') FROM made_contests");
  }

  std::string Text(const std::string& sql) {
    const sql::Value cell =
        connection_.Query(fmt::format("SELECT CAST(({}) AS VARCHAR)", sql)).Cell();
    return sql::IsNull(cell) ? "NULL" : std::get<std::string>(cell);
  }
  double Number(const std::string& column) {
    return std::stod(Text(fmt::format("SELECT {} FROM made_contests", column)));
  }

  // Pair by pair, the mean over folds.
  double SlowAuc(const Weights& weights) const {
    double sum = 0;
    for (int fold = 0; fold < 2; ++fold) {
      double right = 0;
      double pairs = 0;
      for (const auto& [name, positive] : people_) {
        for (const auto& [other, negative] : people_) {
          if (positive.label != 1 || negative.label != 0 || positive.fold != fold ||
              negative.fold != fold) {
            continue;
          }
          const double ahead = Score(positive, weights) - Score(negative, weights);
          right += ahead > 0 ? 1 : ahead == 0 ? 0.5 : 0;
          ++pairs;
        }
      }
      sum += right / pairs;
    }
    return sum / 2;
  }

  static double Score(const TrainedPerson& person, const Weights& weights) {
    double score = 0;
    for (const std::string& token : person.tokens) {
      const auto found = weights.find(token);
      score += found == weights.end() ? 0 : found->second;
    }
    return score;
  }

  sql::Database database_{{.memory_bytes = 1ULL << 30U, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_ = database_.Connect();
  std::map<std::string, TrainedPerson> people_;
};

const Weights kGood = {{"good", 1}};
const Weights kBad = {{"noise0", 1}, {"noise1", 0.5}};

TEST_F(ChooseChampionsTest, TheFirstModelIsChampion) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 300, 0.7);
  AddModel("challengers", kBad);

  EXPECT_EQ(Decide(), "first");
}

TEST_F(ChooseChampionsTest, ABetterOneReplacesIt) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 300, 0.7);
  AddModel("challengers", kGood);
  AddModel("champions", kBad);

  EXPECT_EQ(Decide(), "replaced");
  EXPECT_NEAR(Number("auc"), SlowAuc(kGood), 1e-12);
  EXPECT_NEAR(Number("champion_auc"), SlowAuc(kBad), 1e-12);
  EXPECT_NEAR(Number("worse_by"), SlowAuc(kBad) - SlowAuc(kGood), 1e-12);
  EXPECT_LT(Number("worse_by_upper"), 0);
  EXPECT_EQ(Text("SELECT champion_ds || people || ' ' || positives FROM made_contests"),
            "a day300 100");
}

TEST_F(ChooseChampionsTest, ASurelyWorseOneDoesnt) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 600, 0.8);
  AddModel("challengers", kBad);
  AddModel("champions", kGood);

  EXPECT_EQ(Decide(), "kept");
  EXPECT_GT(Number("worse_by_lower"), 0);
}

TEST_F(ChooseChampionsTest, APerhapsWorseOneDoes) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 60, 0.5);  // nothing to tell them by: whatever is between the models is chance
  AddModel("challengers", {{"noise2", 1}});
  AddModel("champions", {{"noise2", 1}, {"noise3", 1e-9}});  // decides ties alone

  EXPECT_NE(Decide(), "first");
  EXPECT_EQ(Text("SELECT decision = 'kept' FROM made_contests"),
            Text("SELECT worse_by > 0.005 AND worse_by_lower > 0 FROM made_contests"));
}

TEST_F(ChooseChampionsTest, ALittleWorseOneDoesHoweverSure) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 300, 0.7);
  // Everybody is the same to both but for one pair of people.
  people_["q1"] = {.tokens = {"always", "rare"}, .label = 1, .fold = 0};
  connection_.Run(
      "INSERT INTO histories VALUES ('q1', [{'token': 'rare', 'days': 1}]); INSERT INTO training "
      "VALUES (7, 'q1', 1, 0)");
  AddModel("challengers", {{"unknown", 1}});
  AddModel("champions", {{"rare", 1e-3}});

  // One positive of about fifty above all negatives: half of a fiftieth, in one of two folds.
  EXPECT_EQ(Decide(), "replaced");
  EXPECT_GT(Number("worse_by"), 0);
}

TEST_F(ChooseChampionsTest, WhatIsMaskedTodayDoesntHelpIt) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 600, 0.8);
  AddModel("challengers", kBad);
  AddModel("champions", kGood);
  connection_.Run("INSERT INTO masks VALUES (7, 'good')");

  EXPECT_EQ(Decide(), "replaced");
  EXPECT_EQ(Number("champion_auc"), 0.5);
}

TEST_F(ChooseChampionsTest, OtherFoldsCantBeCompared) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 300, 0.8);
  AddModel("challengers", kBad);
  AddModel("champions", kGood, 3);

  EXPECT_EQ(Decide(), "not_comparable");
}

TEST_F(ChooseChampionsTest, WithoutAModelTodayItStays) {
  std::mt19937_64 random(TestSeed());
  AddPeople(random, 300, 0.8);
  AddModel("champions", kGood);

  EXPECT_EQ(Decide(), "kept");
}

}  // namespace
}  // namespace weir::operators
