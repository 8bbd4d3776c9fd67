#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "identity/graph.h"

namespace weir::identity {

// Why two ids are one person: the path between them whose least number of calls is greatest, as
// edges' places in `graph.edges`, from `from` on; of several such paths the one in the maximum
// spanning forest that cuts are made by (cuts.h). Empty if they aren't joined, or are one id.
// Cost: sorting the edges.
std::vector<std::size_t> WidestPath(const Graph& graph, IdNumber from, IdNumber to);

}  // namespace weir::identity
