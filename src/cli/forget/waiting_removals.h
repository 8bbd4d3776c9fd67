#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/forget/written_files.h"
#include "lake/warehouse.h"

namespace weir::cli {

// Files that lie in folders and buckets for destinations to fetch and tell them to take people out:
// by path or URL, with the salted keys of all ids of the people whom they were written for. Kept in
// the warehouse,
// `_weir/waiting_removals.json`, as nothing else knows whose they are once the people are
// forgotten: somebody who is asked for by another id is found by it. One call at a time, also of
// other processes.
class WaitingRemovals {
 public:
  // `warehouse` must outlive it.
  explicit WaitingRemovals(lake::Warehouse& warehouse)
      : store_(warehouse.store()),
        database_(warehouse.database()),
        connection_(warehouse.connection()) {}

  // Notes the files that take any of the ids out. Durable on return.
  void Note(const FileFolders& folders, const ScratchIds& ids);
  // Those that are still there of all that were noted for one of the ids, sorted; forgets those
  // that are gone.
  std::vector<std::filesystem::path> Of(const ScratchIds& ids);

 private:
  storage::ObjectStore& store_;
  sql::Database& database_;
  sql::Connection& connection_;
};

}  // namespace weir::cli
