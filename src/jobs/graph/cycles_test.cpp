#include "jobs/graph/cycles.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weir::jobs {
namespace {

using Nodes = std::vector<std::size_t>;

TEST(Cycles, AreTheShortestFromTheirLeastNode) {
  EXPECT_EQ(FindCycles({{1}, {2}, {0, 3}, {}}), (std::vector<Nodes>{{0, 1, 2}}));
  EXPECT_EQ(FindCycles({{0}, {2}, {1}}), (std::vector<Nodes>{{0}, {1, 2}}));
  EXPECT_EQ(FindCycles({{1, 2}, {2}, {0}}), (std::vector<Nodes>{{0, 2}}));
  EXPECT_TRUE(FindCycles({{1}, {2}, {}}).empty());
}

TEST(TopologicalOrder, TakesTheLeastNodeThatIsReady) {
  EXPECT_EQ(TopologicalOrder({{}, {0}, {}}), (Nodes{1, 0, 2}));
  EXPECT_EQ(TopologicalOrder({{2}, {2}, {}}), (Nodes{0, 1, 2}));
}

// Against what the words mean: reachability by Warshall's closure, and each order checked edge by
// edge.
TEST(TopologicalOrder, HoldsForAnyGraph) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds() * 10; ++round) {
    const std::size_t size = 1 + random() % 7;
    Edges edges(size);
    std::vector<std::vector<bool>> reaches(size, std::vector<bool>(size, false));
    for (std::size_t i = random() % (2 * size); i > 0; --i) {
      const std::size_t from = random() % size;
      const std::size_t to = random() % size;
      if (!reaches[from][to]) {
        edges[from].push_back(to);
        reaches[from][to] = true;
      }
    }
    for (std::size_t k = 0; k < size; ++k) {
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j < size; ++j) {
          reaches[i][j] = reaches[i][j] || (reaches[i][k] && reaches[k][j]);
        }
      }
    }
    std::set<std::size_t> in_cycle_or_behind;
    std::set<std::set<std::size_t>> parts;
    for (std::size_t i = 0; i < size; ++i) {
      std::set<std::size_t> part;
      for (std::size_t j = 0; j < size; ++j) {
        if (reaches[j][j] && (reaches[j][i] || j == i)) {
          in_cycle_or_behind.insert(i);
        }
        if (reaches[i][j] && reaches[j][i]) {
          part.insert(j);
        }
      }
      if (!part.empty()) {
        parts.insert(part);
      }
    }

    const Nodes order = TopologicalOrder(edges);
    const auto cycles = FindCycles(edges);

    EXPECT_EQ(order.size(), size - in_cycle_or_behind.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (std::size_t j = i; j < order.size(); ++j) {
        EXPECT_FALSE(reaches[order[j]][order[i]]);
      }
    }
    EXPECT_EQ(cycles.size(), parts.size());
    for (const Nodes& cycle : cycles) {
      for (std::size_t i = 0; i < cycle.size(); ++i) {
        const Nodes& next = edges[cycle[i]];
        EXPECT_NE(std::ranges::find(next, cycle[(i + 1) % cycle.size()]), next.end());
      }
    }
  }
}

}  // namespace
}  // namespace weir::jobs
