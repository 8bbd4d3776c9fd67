#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/warehouse.h"

namespace weir::lake {

struct VacuumRequest {
  // How long after its removal, or after it was written if no version names it, a file is kept.
  // Absent: the table's delta.deletedFileRetentionDuration, 7 days by default.
  std::optional<Micros> retention{};
  bool allow_short = false;  // a retention shorter than the table's own is a UserError without this
  bool dry_run = false;
  // Further keys below the table's folder that must stay: files of open intents and of versions
  // that run records name. Called after the folder has been listed.
  std::function<std::set<std::string>()> protected_keys{};
};

struct VacuumReport {
  std::vector<storage::ObjectInfo> deleted;  // or, of a dry run, what would be; by key
  std::uint64_t bytes = 0;
};

// Deletes files below the table's folder that no version within the retention names: those that
// commits removed, those that dead runs left, and half-written ones. Never touches the log, files
// that aren't Parquet or Delta's own, tables in folders below, nor folders whose name begins with
// '_' or '.', unless it is a partition's ("_p=1").
//
// Everything that was modified within the retention stays, so a writer that is not done yet loses
// nothing unless the retention is shorter than its run.
VacuumReport VacuumTable(Warehouse& warehouse, const TableFolder& table,
                         const VacuumRequest& request);

}  // namespace weir::lake
