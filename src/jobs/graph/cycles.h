#pragma once

#include <cstddef>
#include <vector>

namespace weir::jobs {

// Edges by node: to which nodes. Nodes are given in the order that decides where several are right.
using Edges = std::vector<std::vector<std::size_t>>;

// All nodes, each behind those with an edge to it, else in their order; nodes of cycles, and what
// lies behind them, are left out.
std::vector<std::size_t> TopologicalOrder(const Edges& edges);

// One shortest cycle of each strongly connected part, beginning with its least node.
std::vector<std::vector<std::size_t>> FindCycles(const Edges& edges);

}  // namespace weir::jobs
