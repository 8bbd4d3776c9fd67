#include "learn/vocabulary.h"

#include <gtest/gtest.h>

#include "learn/random_histories.h"

namespace weir::learn {
namespace {

// Four people: token 0 of all, 1 of two, 2 of one, 3 of nobody.
OwnedHistories FourPeople() {
  return {.offsets = {0, 3, 5, 6, 7},
          .tokens = {0, 1, 2, 0, 1, 0, 0},
          .days = {1, 1, 1, 1, 1, 1, 1},
          .num_tokens = 4};
}

TEST(Vocabulary, KeepsTokensThatAreNeitherRareNorEverybodys) {
  const OwnedHistories histories = FourPeople();

  const Vocabulary vocabulary =
      ChooseVocabulary(histories.View(), {.min_people = 2, .max_share = 0.5});

  EXPECT_EQ(vocabulary.tokens, std::vector<std::uint32_t>{1});
  EXPECT_EQ(vocabulary.people, std::vector<std::uint64_t>{2});
  EXPECT_EQ(
      vocabulary.term_of,
      (std::vector<std::uint32_t>{Vocabulary::kNotIn, 0, Vocabulary::kNotIn, Vocabulary::kNotIn}));
}

TEST(Vocabulary, HasTheInverseDocumentFrequencyOfScikitLearn) {
  const OwnedHistories histories = FourPeople();

  const Vocabulary vocabulary =
      ChooseVocabulary(histories.View(), {.min_people = 1, .max_share = 1});

  ASSERT_EQ(vocabulary.tokens, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_DOUBLE_EQ(vocabulary.idf[0], 1);                        // ln(5 / 5) + 1
  EXPECT_DOUBLE_EQ(vocabulary.idf[1], 1 + 0.51082562376599068);  // ln(5 / 3) + 1
  EXPECT_DOUBLE_EQ(vocabulary.idf[2], 1 + 0.91629073187415511);  // ln(5 / 2) + 1
}

}  // namespace
}  // namespace weir::learn
