#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/huge_pages.h"

// Disjoint sets under concurrent unions: each root is linked to a lesser one by compare-and-swap,
// and paths are halved on the way (the "union by index, splitting by halves" of ConnectIt,
// Dhulipala et al., 2020, without its sampling phase). Sampling, as in Afforest (Sutton et al.,
// 2018), pays where one component holds most nodes; people have about six ids each, so there is
// none to find early, and an edge list needs no adjacency to be built first. Cost: about two cache
// misses an edge; 4 bytes a node.
namespace weir::identity {

class UnionFind {
 public:
  explicit UnionFind(std::size_t size);

  // The least member of the set, once no thread unites any more. Any thread.
  std::uint32_t Find(std::uint32_t node);
  // Joins two sets; any thread. Returns false if they were one set already.
  bool Unite(std::uint32_t left, std::uint32_t right);
  // Has the node's link brought near, or that of the node it is linked to, for callers that will
  // ask for it some ten nodes later.
  void Prefetch(std::uint32_t node) const { __builtin_prefetch(&parents_[node], 1); }
  void PrefetchParent(std::uint32_t node) {
    __builtin_prefetch(&parents_[std::atomic_ref(parents_[node]).load(std::memory_order_relaxed)]);
  }
  std::size_t size() const { return parents_.size(); }

 private:
  HugeVector<std::uint32_t> parents_;
};

}  // namespace weir::identity
