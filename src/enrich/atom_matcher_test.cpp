#include "enrich/atom_matcher.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::enrich {
namespace {

TEST(AtomMatcher, FindsWhatASearchOneByOneFinds) {
  std::mt19937_64 random(TestSeed());
  const auto text_of = [&](std::size_t size, const char* letters, std::size_t num_letters) {
    std::string text(size, ' ');
    std::ranges::generate(text, [&] { return letters[random() % num_letters]; });
    return text;
  };
  for (int round = 0; round < 10 * TestRounds(); ++round) {
    std::vector<std::string> atoms;
    for (int i = 0; i < 30; ++i) {
      atoms.push_back(text_of(1 + random() % 5, "ab.", 3));
    }
    std::ranges::sort(atoms);
    atoms.erase(std::ranges::unique(atoms).begin(), atoms.end());
    const AtomMatcher matcher(atoms);
    const std::string text = text_of(random() % 12, "abAB.x", 6);
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c == 'A' ? 'a' : c == 'B' ? 'b' : c;
    });
    std::vector<int> expected;
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      if (lower.find(atoms[i]) != std::string::npos) {
        expected.push_back(static_cast<int>(i));
      }
    }

    std::vector<int> found = {7};
    matcher.Find(text, found);

    ASSERT_EQ(found, expected) << text;
  }
}

TEST(AtomMatcher, WithoutAtomsFindsNothing) {
  std::vector<int> found = {1};
  AtomMatcher({}).Find("text", found);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace weir::enrich
