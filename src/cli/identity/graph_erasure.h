#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/job/workspace.h"

namespace weir::cli {

// What was done to one table of an identity graph.
struct GraphTableErasure {
  std::string table;
  std::int64_t rows = 0;  // that went because they name an erased id
  std::int64_t version_before = -1;
  std::int64_t version = -1;  // from this one on they are gone
};

// What an erasure did to the identity graph of one partition.
struct GraphErasure {
  std::string partition;
  std::string run_id;        // of the commit; empty: it knew none of the ids
  std::int64_t changes = 0;  // rows that were added to the changes
  std::vector<GraphTableErasure> tables{};
};

// Takes the ids out of every identity graph of the project, which is what an operator
// `connected_components` makes: their evidence goes, their people are found anew from the state of
// the newest day and no others, and the changes have it with the cause `erasure`. One partition is
// one run of its job for the newest day, and one commit: it is in the ledger, is finished by
// whoever comes next if it dies after its commit point, and later days go on from it. The ids must
// be on the list of erased ones already. Throws ExternalError while a run of the job holds the day.
std::vector<GraphErasure> EraseFromGraphs(Workspace& workspace, const ScratchIds& ids);

}  // namespace weir::cli
