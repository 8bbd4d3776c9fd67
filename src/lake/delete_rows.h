#pragma once

#include <string>

#include "data/predicate.h"
#include "lake/operation.h"

namespace weir::lake {

struct DeleteRequest {
  std::string where{};  // SQL over the table's columns; rows for which it is true go
  Predicate
      bounds{};  // holds for every such row, perhaps for more: prunes files, narrows conflicts
  CommitInfo origin{};
};

// Deletes rows. Files that hold none are not touched; files that hold nothing else are removed
// without reading them whole; the others are rewritten in their order.
Changes PlanDelete(Warehouse& warehouse, const TableAt& table, const DeleteRequest& request);

Committed DeleteRows(Warehouse& warehouse, const TableFolder& table, const DeleteRequest& request);

}  // namespace weir::lake
