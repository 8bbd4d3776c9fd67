#include "identity/cuts.h"

#include <algorithm>

#include "identity/edge_order.h"
#include "identity/union_find.h"

namespace weir::identity {
namespace {

using EdgeNumbers = std::vector<std::size_t>;

// One oversize component.
class Component {
 public:
  // `edges` are all its live ones, strongest first.
  Component(const Graph& graph, std::span<const std::size_t> edges) : graph_(graph), edges_(edges) {
    for (const std::size_t edge : edges) {
      ids_.push_back(graph.edges[edge].a);
      ids_.push_back(graph.edges[edge].b);
    }
    std::ranges::sort(ids_);
    ids_.erase(std::ranges::unique(ids_).begin(), ids_.end());
  }

  Cut CutUp(std::span<const IdFacts> facts, std::uint32_t max_component,
            std::span<IdNumber> components, std::span<Mark> marks) const {
    UnionFind pieces = PiecesThatFit(max_component);
    Cut cut{.founder = ids_.front(), .ids = static_cast<std::uint32_t>(ids_.size())};
    for (std::uint32_t at = 0; at < ids_.size(); ++at) {
      components[ids_[at]] = ids_[pieces.Find(at)];
      cut.pieces += pieces.Find(at) == at ? 1 : 0;
      if (IsOlder(graph_.ids, facts, ids_[at], cut.founder)) {
        cut.founder = ids_[at];
      }
    }
    for (const std::size_t number : edges_) {
      const Edge& edge = graph_.edges[number];
      if (components[edge.a] != components[edge.b]) {
        marks[number] = Mark::kCut;
        cut.edges.push_back(number);
      }
    }
    std::ranges::sort(cut.edges, [&](std::size_t left, std::size_t right) {
      return KeyIsLess(graph_.ids, graph_.edges[left], graph_.edges[right]);
    });
    return cut;
  }

 private:
  std::uint32_t PlaceOf(IdNumber id) const {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(ids_, id) - ids_.begin());
  }

  UnionFind PiecesThatFit(std::uint32_t max_component) const {
    UnionFind trees(ids_.size());
    UnionFind pieces(ids_.size());
    std::vector<std::uint32_t> sizes(ids_.size(), 1);
    for (const std::size_t number : edges_) {
      const std::uint32_t a = PlaceOf(graph_.edges[number].a);
      const std::uint32_t b = PlaceOf(graph_.edges[number].b);
      const std::uint32_t left = trees.Find(a);
      const std::uint32_t right = trees.Find(b);
      if (left == right) {
        continue;
      }
      const std::uint32_t size = sizes[left] + sizes[right];
      trees.Unite(left, right);
      sizes[trees.Find(left)] = size;
      if (size <= max_component) {
        pieces.Unite(a, b);
      }
    }
    return pieces;
  }

  const Graph& graph_;
  std::span<const std::size_t> edges_;
  std::vector<IdNumber> ids_;  // sorted
};

// The live edges of components that are too large: component after component, strongest first.
EdgeNumbers OversizeEdges(const Graph& graph, std::span<const IdFacts> facts,
                          std::uint32_t max_component, std::span<const IdNumber> components,
                          std::span<const Mark> marks) {
  std::vector<std::uint32_t> sizes(components.size());
  for (std::size_t id = 0; id < components.size(); ++id) {
    sizes[components[id]] += facts[id].edges > 0 ? 1 : 0;
  }
  EdgeNumbers numbers;
  for (std::size_t number = 0; number < graph.edges.size(); ++number) {
    if (marks[number] == Mark::kLive && sizes[components[graph.edges[number].a]] > max_component) {
      numbers.push_back(number);
    }
  }
  std::ranges::sort(numbers, [&](std::size_t left, std::size_t right) {
    const Edge& one = graph.edges[left];
    const Edge& other = graph.edges[right];
    return components[one.a] == components[other.a] ? IsStronger(graph.ids, one, other)
                                                    : components[one.a] < components[other.a];
  });
  return numbers;
}

}  // namespace

std::vector<Cut> CutOversize(const Graph& graph, std::span<const IdFacts> facts,
                             std::uint32_t max_component, std::span<IdNumber> components,
                             std::span<Mark> marks) {
  const EdgeNumbers numbers = OversizeEdges(graph, facts, max_component, components, marks);
  const auto component_of = [&](std::size_t at) { return components[graph.edges[numbers[at]].a]; };
  std::vector<Cut> cuts;
  for (std::size_t begin = 0, end = 0; begin < numbers.size(); begin = end) {
    const IdNumber component = component_of(begin);
    while (end < numbers.size() && component_of(end) == component) {
      ++end;
    }
    cuts.push_back(Component(graph, std::span(numbers).subspan(begin, end - begin))
                       .CutUp(facts, max_component, components, marks));
  }
  return cuts;
}

}  // namespace weir::identity
