#pragma once

#include <string>
#include <vector>

#include "storage/object_store.h"

namespace weir::storage {

// One thing that warehouses need of a store.
struct StoreAbility {
  std::string name;        // "list", "write", "read", "write if absent", "delete"
  std::string permission;  // what a user must be granted for it, as AWS calls it
  bool works = false;
  std::string problem{};  // why it doesn't, or why it wasn't tried
};

// Tries each on an object of its own below the root, which need not exist, and takes the object
// away again. Abilities that need one that doesn't work are not tried.
std::vector<StoreAbility> ProbeStore(ObjectStore& store);

}  // namespace weir::storage
