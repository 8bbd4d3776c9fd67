#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/huge_pages.h"
#include "identity/graph.h"
#include "identity/union_find.h"

namespace weir::identity {

// By node below `num_nodes`: the least node that it is connected with. Edge i joins the pair
// `ends_of(i)` of nodes, for i below `num_edges`; a pair of one node joins nothing. The same on any
// number of threads and in any order. `ends_of` is called from several threads. Cost:
// union_find.h; 8 bytes a node.
template <typename EndsOf>
HugeVector<std::uint32_t> Components(std::size_t num_nodes, std::size_t num_edges, int threads,
                                     const EndsOf& ends_of) {
  UnionFind sets(num_nodes);
  ForStretches(num_edges, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto [later_left, later_right] = ends_of(std::min(i + kPrefetchAhead, end - 1));
      sets.Prefetch(later_left);
      sets.Prefetch(later_right);
      const auto [left, right] = ends_of(i);
      sets.Unite(left, right);
    }
  });
  HugeVector<std::uint32_t> components(num_nodes);
  ForStretches(num_nodes, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t node = begin; node < end; ++node) {
      sets.PrefetchParent(static_cast<std::uint32_t>(std::min(node + kPrefetchAhead, end - 1)));
      components[node] = sets.Find(static_cast<std::uint32_t>(node));
    }
  });
  return components;
}

}  // namespace weir::identity
