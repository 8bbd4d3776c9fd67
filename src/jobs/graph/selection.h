#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "jobs/graph/graph.h"

namespace weir::jobs {

// The jobs that users name, in the graph's order, each once: a name, a glob (`user_*`), `tag:x`,
// `domain:x`, each perhaps with '+' in front (and all that it needs) or behind (and all that needs
// it). No words select all jobs. Throws UserError, with the nearest name, for a word that names
// nothing.
std::vector<std::size_t> SelectJobs(const Graph& graph, const std::vector<std::string>& words);

}  // namespace weir::jobs
