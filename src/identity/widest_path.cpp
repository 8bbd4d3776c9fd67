#include "identity/widest_path.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "identity/edge_order.h"
#include "identity/union_find.h"

namespace weir::identity {
namespace {

// By id: the edges of the maximum spanning forest at it.
using Forest = std::map<IdNumber, std::vector<std::size_t>>;

Forest StrongestForest(const Graph& graph) {
  std::vector<std::size_t> numbers(graph.edges.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  std::ranges::sort(numbers, [&](std::size_t left, std::size_t right) {
    return IsStronger(graph.ids, graph.edges[left], graph.edges[right]);
  });
  UnionFind trees(graph.ids.num_slots());
  Forest forest;
  for (const std::size_t number : numbers) {
    const Edge& edge = graph.edges[number];
    if (trees.Unite(edge.a, edge.b)) {
      forest[edge.a].push_back(number);
      forest[edge.b].push_back(number);
    }
  }
  return forest;
}

}  // namespace

std::vector<std::size_t> WidestPath(const Graph& graph, IdNumber from, IdNumber to) {
  const Forest forest = StrongestForest(graph);
  std::map<IdNumber, std::size_t> onwards;  // the edge that leads towards `to`
  std::vector<IdNumber> reached{to};
  const auto far_end = [&](std::size_t number, IdNumber id) {
    return graph.edges[number].a == id ? graph.edges[number].b : graph.edges[number].a;
  };
  for (std::size_t next = 0; next < reached.size() && !onwards.contains(from); ++next) {
    const auto tree_edges = forest.find(reached[next]);
    for (const std::size_t number :
         tree_edges == forest.end() ? std::vector<std::size_t>{} : tree_edges->second) {
      const IdNumber neighbour = far_end(number, reached[next]);
      if (neighbour != to && onwards.emplace(neighbour, number).second) {
        reached.push_back(neighbour);
      }
    }
  }
  std::vector<std::size_t> path;
  for (IdNumber id = from; id != to && onwards.contains(id); id = far_end(path.back(), id)) {
    path.push_back(onwards.at(id));
  }
  return path;
}

}  // namespace weir::identity
