#include "learn/scoring.h"

#include <numeric>

#include <gtest/gtest.h>

#include "base/test_seed.h"
#include "learn/random_histories.h"

namespace weir::learn {
namespace {

constexpr std::uint32_t kPeople = 3000;

ScoredModel RandomModel(std::mt19937_64& random, const Vocabulary& vocabulary) {
  std::uniform_real_distribution<double> number(-2, 2);
  ScoredModel model;
  model.transform = random() % 2 == 0 ? Transform::kBinary : Transform::kLogIdf;
  model.intercept = number(random);
  model.wanted = random() % 40;
  for (std::uint32_t term = 0; term < vocabulary.tokens.size(); ++term) {
    if (random() % 6 == 0) {
      model.masked.push_back(term);
    } else if (random() % 3 != 0) {
      model.terms.push_back(term);
      model.weights.push_back(random() % 4 == 0 ? 1 : number(random));
    }
  }
  for (std::uint32_t person = 0; person < kPeople; ++person) {
    if (random() % 9 == 0) {
      model.excluded.push_back(person);
    }
  }
  return model;
}

// Every score from a dense table, then a sort.
std::vector<ScoredPerson> BestByHand(const OwnedHistories& histories, const Vocabulary& vocabulary,
                                     const ScoredModel& model) {
  std::vector<std::uint32_t> everybody(kPeople);
  std::iota(everybody.begin(), everybody.end(), 0U);
  std::vector<bool> is_masked(vocabulary.tokens.size());
  for (const std::uint32_t term : model.masked) {
    is_masked[term] = true;
  }
  const auto rows = DenseRows(histories, vocabulary, everybody, is_masked, model.transform);
  std::vector<ScoredPerson> best;
  for (const std::uint32_t person : everybody) {
    if (std::ranges::find(model.excluded, person) != model.excluded.end()) {
      continue;
    }
    double score = model.intercept;
    for (std::size_t i = 0; i < model.terms.size(); ++i) {
      score += model.weights[i] * rows[person][model.terms[i]];
    }
    best.push_back({.person = person, .score = score});
  }
  std::ranges::sort(best, std::greater{}, &ScoredPerson::score);
  best.resize(std::min(best.size(), model.wanted));
  return best;
}

TEST(BestPeople, HaveTheHighestScoresOfAll) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() / 4 + 1; ++round) {
    const OwnedHistories histories = RandomHistories(random, kPeople, 12);
    const Vocabulary vocabulary =
        ChooseVocabulary(histories.View(), {.min_people = 2, .max_share = 0.9});
    std::vector<ScoredModel> models;
    for (int i = 0; i < 5; ++i) {
      models.push_back(RandomModel(random, vocabulary));
    }

    const auto best = BestPeople(histories.View(), vocabulary, models, {.threads = 1});

    ASSERT_EQ(best.size(), models.size());
    for (std::size_t model = 0; model < models.size(); ++model) {
      const auto expected = BestByHand(histories, vocabulary, models[model]);
      ASSERT_EQ(best[model].size(), expected.size());
      for (std::size_t rank = 0; rank < expected.size(); ++rank) {
        EXPECT_NEAR(best[model][rank].score, expected[rank].score, 1e-9);
      }
      EXPECT_TRUE(std::ranges::is_sorted(best[model], {}, [](const ScoredPerson& scored) {
        return std::pair(-scored.score, scored.person);
      }));
      for (const ScoredPerson& scored : best[model]) {
        EXPECT_FALSE(std::ranges::binary_search(models[model].excluded, scored.person));
      }
    }
    for (const int threads : {1, 2, 8}) {
      const ScoringOptions options{.threads = threads, .people_of_block = 1 + random() % 500};
      EXPECT_EQ(BestPeople(histories.View(), vocabulary, models, options), best);
    }
  }
}

TEST(BestPeople, BreaksTiesByTheLowerNumber) {
  const OwnedHistories histories{
      .offsets = {0, 1, 2, 2, 3}, .tokens = {0, 0, 0}, .days = {1, 1, 1}, .num_tokens = 1};
  const Vocabulary vocabulary =
      ChooseVocabulary(histories.View(), {.min_people = 1, .max_share = 1});
  ScoredModel model;
  model.terms = {0};
  model.weights = {1};
  model.wanted = 2;

  const auto best = BestPeople(histories.View(), vocabulary, {&model, 1}, {.threads = 2});

  EXPECT_EQ(best.front(),
            (std::vector<ScoredPerson>{{.person = 0, .score = 1}, {.person = 1, .score = 1}}));
}

// A segment's positives have its own tokens; if a score's last bit depended on them, equal people
// would be ranked by their label.
TEST(BestPeople, WhatIsMaskedChangesNoBitOfAScore) {
  std::mt19937_64 random(TestSeed());
  constexpr std::uint32_t kOwn = 5;  // the masked token, in the middle
  OwnedHistories histories{.offsets = {0}, .tokens = {}, .days = {}, .num_tokens = 11};
  for (int pair = 0; pair < 500; ++pair) {
    std::vector<std::uint16_t> days(histories.num_tokens);
    for (std::uint16_t& number : days) {
      number = static_cast<std::uint16_t>(random() % 3 == 0 ? 0 : 1 + random() % 30);
    }
    for (const bool has_own : {true, false}) {
      days[kOwn] = has_own ? 7 : 0;
      for (std::uint32_t token = 0; token < days.size(); ++token) {
        if (days[token] > 0) {
          histories.tokens.push_back(token);
          histories.days.push_back(days[token]);
        }
      }
      histories.offsets.push_back(histories.tokens.size());
    }
  }
  const Vocabulary vocabulary =
      ChooseVocabulary(histories.View(), {.min_people = 1, .max_share = 1});
  ScoredModel model;
  model.transform = Transform::kLogIdf;
  model.masked = {kOwn};
  model.wanted = 1000;
  for (std::uint32_t term = 0; term < vocabulary.tokens.size(); ++term) {
    if (term != kOwn) {
      model.terms.push_back(term);
      model.weights.push_back(static_cast<double>(random() % 1000) / 333 - 1.5);
    }
  }

  const auto best = BestPeople(histories.View(), vocabulary, {&model, 1}, {.threads = 2});

  std::vector<double> scores(best.front().size());
  for (const ScoredPerson& scored : best.front()) {
    scores[scored.person] = scored.score;
  }
  for (std::size_t person = 0; person < scores.size(); person += 2) {
    EXPECT_EQ(scores[person], scores[person + 1]) << person;
  }
}

}  // namespace
}  // namespace weir::learn
