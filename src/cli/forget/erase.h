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
  bool held_before = false;   // older versions held rows, whatever the newest did
  std::int64_t version_before = -1;
  std::int64_t version = -1;  // from this one on they are gone
};

struct Erasure {
  std::string run_id;                // of the commits
  std::vector<ErasedTable> tables;   // those that can hold ids, by name
  std::vector<std::string> unknown;  // marked as personal, but no column tells whose a row is
};

// Tables by "schema.name".
struct TablesToErase {
  std::set<std::string> all;       // those that aren't there are passed over
  std::set<std::string> personal;  // marked so
  std::set<std::string> graphs;    // of identity graphs, whose rows EraseFromGraphs() removes
};

// Removes what `tables` hold of the ids, in one commit: all of it is gone, or nothing. A table
// whose older versions alone hold some gets a commit, too, that says so. Events whose table names
// their line (source, event_id, dt) go into metastore.suppressed_events if that is among the
// tables, so that their copies are told as copies. Tries again when others commit meanwhile. Throws
// ConflictError after three tries.
Erasure EraseRows(lake::Warehouse& warehouse, const TablesToErase& tables, const ScratchIds& ids);

// The same, without changing anything: what EraseRows() would remove; `version` is the newest one.
Erasure CountRows(lake::Warehouse& warehouse, const TablesToErase& tables, const ScratchIds& ids);

}  // namespace weir::cli
