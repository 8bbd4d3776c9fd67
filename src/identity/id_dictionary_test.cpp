#include "identity/id_dictionary.h"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_seed.h"

namespace weir::identity {
namespace {

TEST(IdDictionary, GivesEachIdOneNumberOnAnyNumberOfThreads) {
  std::mt19937_64 random(TestSeed());
  std::vector<std::string> texts(50000);
  for (std::string& text : texts) {
    text = std::string(random() % 40, 'a') + std::to_string(random() % 5000);
  }
  std::vector<IdName> names;
  for (const std::string& text : texts) {
    names.push_back({.party = static_cast<PartyCode>(random() % 3), .text = text});
  }
  std::vector<IdNumber> expected;
  for (const int threads : {1, 2, 8}) {
    IdDictionary ids;
    std::vector<IdNumber> numbers(names.size());
    // Two calls, so that the second finds ids of the first.
    const std::size_t half = names.size() / 2;
    ids.Number(std::span(names).first(half), threads, std::span(numbers).first(half));
    ids.Number(std::span(names).subspan(half), threads, std::span(numbers).subspan(half));

    std::map<std::pair<PartyCode, std::string_view>, IdNumber> by_name;
    std::set<IdNumber> distinct;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto [found, is_new] = by_name.try_emplace({names[i].party, names[i].text}, numbers[i]);
      ASSERT_EQ(found->second, numbers[i]);
      TextRoom room{};
      ASSERT_EQ(ids.NameOf(numbers[i], room), names[i]);
      ASSERT_EQ(ids.Find(names[i]), numbers[i]);
      ASSERT_LT(numbers[i], ids.num_slots());
      distinct.insert(numbers[i]);
    }
    EXPECT_EQ(distinct.size(), by_name.size());
    EXPECT_EQ(ids.size(), by_name.size());
    EXPECT_EQ(ids.Find({.party = 9, .text = texts[0]}), std::nullopt);
    expected = expected.empty() ? numbers : expected;
    EXPECT_EQ(numbers, expected);
  }
}

TEST(IdDictionary, OrdersByPartyAndThenByText) {
  IdDictionary ids;
  const PartyCode st = ids.CodeOf("st");
  const PartyCode af = ids.CodeOf("af");
  const std::vector<IdName> names = {
      {.party = st, .text = "1"}, {.party = af, .text = "9"}, {.party = af, .text = "\xff"}};
  std::vector<IdNumber> numbers(3);
  ids.Number(names, 1, numbers);

  EXPECT_EQ(ids.CodeOf("st"), st);
  EXPECT_TRUE(ids.Precedes(numbers[1], numbers[0]));
  EXPECT_FALSE(ids.Precedes(numbers[0], numbers[1]));
  EXPECT_TRUE(ids.Precedes(numbers[1], numbers[2]));
  EXPECT_FALSE(ids.Precedes(numbers[1], numbers[1]));
}

TEST(IdDictionary, RefusesMoreParties) {
  IdDictionary ids;
  for (std::size_t i = 0; i < kMaxParties; ++i) {
    ids.CodeOf("p" + std::to_string(i));
  }

  EXPECT_EQ(ids.CodeOf("p255"), 255);
  EXPECT_EQ(ids.CodeOf("p16383"), 16383);
  EXPECT_THROW(ids.CodeOf("p16384"), UserError);
}

// Of equal texts, short and long, in parties whose codes agree in their lower 8 bits.
TEST(IdDictionary, TellsManyPartiesApart) {
  IdDictionary ids;
  const std::vector<std::string> texts = {"7",
                                          "a-text-that-is-far-too-long-to-be-packed-into-16-bytes"};
  std::vector<std::string> parties;
  std::vector<IdName> names;
  for (int i = 0; i < 1500; ++i) {
    parties.push_back(std::to_string(i * 7919 % 1500));
    for (const std::string& text : texts) {
      names.push_back({.party = ids.CodeOf(parties.back()), .text = text});
    }
  }
  std::vector<IdNumber> numbers(names.size());

  ids.Number(names, 2, numbers);

  EXPECT_EQ(ids.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    TextRoom room{};
    ASSERT_EQ(ids.NameOf(numbers[i], room), names[i]);
    ASSERT_EQ(ids.Find(names[i]), numbers[i]);
    ASSERT_EQ(ids.PartyName(ids.PartyOf(numbers[i])), parties[i / 2]);
    const std::size_t other = i * 31 % names.size();
    if (parties[i / 2] != parties[other / 2]) {
      ASSERT_EQ(ids.Precedes(numbers[i], numbers[other]), parties[i / 2] < parties[other / 2]);
    }
  }
}

TEST(IdDictionary, EmptyFindsNothing) {
  const IdDictionary ids;

  EXPECT_EQ(ids.Find({.text = "x"}), std::nullopt);
  EXPECT_EQ(ids.num_slots(), 0U);
}

}  // namespace
}  // namespace weir::identity
