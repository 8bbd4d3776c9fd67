#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "lake/warehouse.h"

namespace weir::cli {

// What an erasure did to one table, or found that there was nothing to do.
struct ErasedTable {
  std::string table;
  std::int64_t rows = 0;      // that went, or whose line went
  bool only_emptied = false;  // the rows stay, without their line
  bool is_state = false;      // runs read the version that a run wrote: its job must run again
  std::int64_t version_before = -1;
  std::int64_t version = -1;  // from this one on they are gone
};

struct Erasure {
  std::string run_id;                // of the commits
  std::vector<ErasedTable> tables;   // those that hold ids, by name
  std::vector<std::string> unknown;  // marked as personal, but no column tells whose a row is
};

// Tables by "schema.name".
struct TablesToErase {
  std::set<std::string> all;       // those that aren't there are passed over
  std::set<std::string> personal;  // marked so
  std::set<std::string> states;    // hold one state, not every interval side by side
};

// Removes what `tables` hold of the ids,
// in one commit: all of it is gone, or nothing. Events whose table names their line (source,
// event_id, dt) go into metastore.suppressed_events if that is among the tables, so that their
// copies are told as copies. Tries again when others commit
// meanwhile. Throws ConflictError after three tries.
Erasure EraseRows(lake::Warehouse& warehouse, const TablesToErase& tables, const ScratchIds& ids);

// Deletes the files that versions of the table before its newest need: they can't be read any more.
// Files of the last hour that no version named stay, since a writer may be at them. Returns how
// many were deleted.
std::int64_t PurgeOldVersions(lake::Warehouse& warehouse, const std::string& table);

}  // namespace weir::cli
