#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "identity/graph.h"

namespace weir::identity {

// An id with too many neighbours of another party, such as a kiosk's or a prefetcher's.
struct Hub {
  IdNumber id = kNoId;
  PartyCode party = 0;           // of whose ids it has most; of several the first by name
  std::uint32_t neighbours = 0;  // of that party

  friend bool operator==(const Hub&, const Hub&) = default;
};

// Ids inside of the graph with more than `max_neighbours` distinct neighbours of one party other
// than their own, by number. Counts only for ids that have so many edges at all.
std::vector<Hub> FindHubs(const Graph& graph, std::span<const IdFacts> facts,
                          std::uint32_t max_neighbours, int threads);

}  // namespace weir::identity
