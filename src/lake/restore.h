#pragma once

#include "lake/operation.h"

namespace weir::lake {

struct RestoreRequest {
  VersionChoice to{};
  CommitInfo origin{};
};

// Makes the table, as a new version, what it was: files, columns and protocol. Throws UserError
// naming the first file that vacuum has deleted meanwhile.
Changes PlanRestore(Warehouse& warehouse, const TableAt& table, const RestoreRequest& request);

Committed RestoreTable(Warehouse& warehouse, const TableFolder& table,
                       const RestoreRequest& request);

}  // namespace weir::lake
