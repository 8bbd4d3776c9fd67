#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "identity/graph.h"

namespace weir::identity {

// A component that was too large to be one person, and how it was cut.
struct Cut {
  IdNumber founder = kNoId;  // of the component before
  std::uint32_t ids = 0;
  std::uint32_t pieces = 0;
  std::vector<std::size_t> edges{};  // between pieces, by key; among the graph's edges
};

// Cuts every component of more than `max_component` ids: its edges in the order of calls (most
// first), first_seen and key (the pair's parties and ids, the lesser id first) grow a maximum
// spanning forest (Kruskal, 1956); an oversize tree is split at its last edge, again and again
// until each piece fits. The splits needn't be done one by one: the forest's last edge in a tree is
// the one that joined it, so the pieces are what has been joined by the edges whose join gave at
// most `max_component` ids. Cost: sorting the edges of oversize components. `components` (by
// number: the component's least id) becomes that of pieces, `marks` gets kCut where an edge's ends
// come to lie in different pieces. Only edges marked kLive count.
std::vector<Cut> CutOversize(const Graph& graph, std::span<const IdFacts> facts,
                             std::uint32_t max_component, std::span<IdNumber> components,
                             std::span<Mark> marks);

}  // namespace weir::identity
