#pragma once

#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "cli/forget/personal_rows.h"
#include "cli/identity/graph_tables.h"
#include "lake/warehouse.h"

namespace weir::cli {

// People, by all ids that are theirs and all names that tables call them by.
struct WholePeople {
  std::vector<PersonId> ids;               // sorted, each once
  std::vector<std::string> universal_ids;  // sorted, each once
};

// The people whom `asked` belong to: by the newest mapping of each graph all ids of each of them;
// their universal ids, those that became theirs by merges, and what a person without a mapping is
// called (the MD5 of "party:id"). An id that no graph knows stands for itself.
WholePeople FindWholePeople(lake::Warehouse& warehouse, const std::vector<GraphTables>& graphs,
                            const std::vector<PersonId>& asked);

}  // namespace weir::cli
