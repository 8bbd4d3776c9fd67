#include "identity/widest_path.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::identity {
namespace {

// The least calls on the best path, by trying all limits and walking edges of at least so many.
std::int64_t BestLeastCalls(const Edges& edges, IdNumber from, IdNumber to) {
  for (std::int64_t limit = 10; limit > 0; --limit) {
    std::set<IdNumber> reached{from};
    for (std::size_t round = 0; round < edges.size(); ++round) {
      for (const Edge& edge : edges) {
        if (edge.calls >= limit && (reached.contains(edge.a) || reached.contains(edge.b))) {
          reached.insert({edge.a, edge.b});
        }
      }
    }
    if (reached.contains(to)) {
      return limit;
    }
  }
  return 0;
}

TEST(WidestPath, HasTheGreatestLeastCallsOfAllPaths) {
  std::mt19937_64 random(TestSeed());
  std::vector<std::string> texts;
  for (int i = 0; i < 12; ++i) {
    texts.push_back(std::to_string(i));
  }
  int joined = 0;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    IdDictionary ids;
    ids.CodeOf("af");
    std::vector<IdName> names;
    const std::size_t num_ids = random() % 8 + 4;
    for (std::size_t i = 0; i < num_ids; ++i) {
      names.push_back({.party = 0, .text = texts[i]});
    }
    std::vector<IdNumber> numbers(names.size());
    ids.Number(names, 1, numbers);
    const auto any = [&] { return numbers[random() % numbers.size()]; };
    Edges edges(random() % 20 + 1);
    for (Edge& edge : edges) {
      edge = {.a = any(), .b = any(), .calls = static_cast<std::int64_t>(random() % 5 + 1)};
    }
    const IdNumber from = any();
    const IdNumber to = any();

    const std::vector<std::size_t> path = WidestPath({.ids = ids, .edges = edges}, from, to);

    const std::int64_t best = from == to ? 0 : BestLeastCalls(edges, from, to);
    ASSERT_EQ(path.empty(), best == 0);
    IdNumber at = from;
    std::int64_t least = 100;
    for (const std::size_t number : path) {
      const Edge& edge = edges[number];
      ASSERT_TRUE(edge.a == at || edge.b == at);
      at = edge.a == at ? edge.b : edge.a;
      least = std::min(least, edge.calls);
    }
    if (!path.empty()) {
      ASSERT_EQ(at, to);
      ASSERT_EQ(least, best);
      ++joined;
    }
  }
  EXPECT_GT(joined, 0);
}

}  // namespace
}  // namespace weir::identity
