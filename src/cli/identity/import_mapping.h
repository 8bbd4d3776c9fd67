#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/identity/graph_tables.h"
#include "cli/job/workspace.h"

namespace weir::cli {

// What was imported of one partition.
struct ImportedMapping {
  std::string partition;
  std::string day;  // that its evidence stands at
  std::int64_t people = 0;
  std::int64_t ids = 0;
  std::int64_t alone = 0;   // people of one id, which nothing can keep: left out
  std::int64_t erased = 0;  // ids that are on the list of erased ones: left out
  std::int64_t junk = 0;    // ids that stand for nobody, such as 0 or null: left out
};

// Takes over the people of another system: Parquet files of universal_id (32 lower-case hex
// digits), party and user_id in `folder`. Each group of two ids or more becomes evidence of one
// day, a tree of pairs whose ids have few neighbours each, and the name of the person that its
// least id founds: such a group keeps together and keeps its name until other edges join it, or
// its pairs expire. What was imported before, on whatever day, is replaced, in one commit of both
// tables. Throws UserError for files that can't be read or say something else, and where the
// partition's people have been found already. `day` must be before the first day that the graph's
// job runs.
ImportedMapping ImportMapping(Workspace& workspace, const GraphTables& graph,
                              const std::filesystem::path& folder, const std::string& day);

}  // namespace weir::cli
