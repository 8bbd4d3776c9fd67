#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/operation.h"

namespace weir::lake {

// What "same rows" means between runs and engines: 32 hex digits that depend on the multiset of
// rows and the columns' names, not on order, files or column order.
struct Fingerprint {
  std::string digits;
  std::int64_t num_rows = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Of a table's rows, `without` some columns (UserError for one that it hasn't).
Fingerprint FingerprintOf(Warehouse& warehouse, const TableAt& table,
                          const std::vector<std::string>& without);

}  // namespace weir::lake
