#pragma once

#include <array>
#include <string>
#include <vector>

#include "jobs/plan/instance.h"

namespace weir::cli {

// The tables of one identity graph: of a step `connected_components` in an instance of a job, which
// must outlive this. Found by the relations that the step reads and gives, not by their names.
struct GraphTables {
  const jobs::JobInstance* instance = nullptr;
  const project::Step* step = nullptr;
  const project::Output* evidence = nullptr;  // what the step reads as the day's pairs
  const project::Output* edges = nullptr;
  const project::Output* mapping = nullptr;
  const project::Output* changes = nullptr;
  const project::Output* violations = nullptr;
  const project::Output* basis = nullptr;
  std::string erased_list{};  // the table of erased ids that the step reads
  std::string imported{};     // that of imported people's names, or empty

  std::array<const project::Output*, 6> all() const {
    return {evidence, edges, mapping, changes, violations, basis};
  }
};

// Those of all instances, in their order. Throws UserError for a step whose relations aren't all
// written, or that reads no list of erased ids.
std::vector<GraphTables> GraphsOf(const std::vector<jobs::JobInstance>& instances);

}  // namespace weir::cli
