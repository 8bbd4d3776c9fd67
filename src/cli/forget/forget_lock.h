#pragma once

#include <memory>

#include "storage/object_store.h"

namespace weir::cli {

// Held by who forgets people, from the list of erased ids to the search: one at a time of a
// warehouse, as each deletes versions and files that another would still read. Waits for the one
// who has it. `store` is the warehouse's, and must outlive it.
std::unique_ptr<storage::StoreLock> LockForForgetting(storage::ObjectStore& store);

}  // namespace weir::cli
