#include "identity/union_find.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/parallel.h"
#include "base/test_seed.h"

namespace weir::identity {
namespace {

using Links = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// The least node that each reaches, by passing it on until nothing changes.
std::vector<std::uint32_t> Flooded(std::size_t size, const Links& links) {
  std::vector<std::uint32_t> least(size);
  for (std::uint32_t node = 0; node < size; ++node) {
    least[node] = node;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [left, right] : links) {
      const std::uint32_t lesser = std::min(least[left], least[right]);
      changed |= least[left] != lesser || least[right] != lesser;
      least[left] = lesser;
      least[right] = lesser;
    }
  }
  return least;
}

TEST(UnionFind, FindsTheLeastMemberWhateverTheThreads) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < TestRounds(); ++round) {
    const std::size_t size = random() % 3000 + 1;
    Links links(random() % 4000);
    for (auto& [left, right] : links) {
      left = static_cast<std::uint32_t>(random() % size);
      right = static_cast<std::uint32_t>(
          round % 2 == 0 ? random() % size : std::min<std::size_t>(left + 1, size - 1));
    }
    const std::vector<std::uint32_t> expected = Flooded(size, links);
    for (const int threads : {1, 2, 8}) {
      UnionFind sets(size);
      std::atomic<std::size_t> joins = 0;
      ParallelFor(links.size(), threads, [&](std::size_t i) {
        joins += sets.Unite(links[i].first, links[i].second) ? 1 : 0;
      });
      std::size_t roots = 0;
      for (std::uint32_t node = 0; node < size; ++node) {
        ASSERT_EQ(sets.Find(node), expected[node]);
        roots += expected[node] == node ? 1 : 0;
      }
      EXPECT_EQ(joins, size - roots);
    }
  }
}

}  // namespace
}  // namespace weir::identity
