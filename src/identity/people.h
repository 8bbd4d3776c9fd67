#pragma once

#include <cstdint>
#include <vector>

#include "identity/cuts.h"
#include "identity/graph.h"
#include "identity/hubs.h"
#include "identity/parameters.h"

namespace weir::identity {

// Who is who on a day.
struct People {
  HugeVector<IdFacts> facts{};      // by id's number
  HugeVector<IdNumber> founders{};  // by id's number: its person's oldest id; kNoId: not inside
  HugeVector<Mark> marks{};         // by edge
  std::vector<Hub> hubs{};
  std::vector<Cut> cuts{};

  bool Holds(IdNumber id) const { return founders[id] != kNoId; }
};

// The people of a graph without junk ids: hubs don't bridge and are people of their own; connected
// components of the rest are people; too large ones are cut. The same for any order of edges and
// number of threads. 48 bytes an id and 1 an edge.
People FindPeople(const Graph& graph, const Parameters& parameters, int threads);

}  // namespace weir::identity
