#include "storage/object_store.h"

#include "storage/stores.h"

namespace weir::storage {

std::unique_ptr<ObjectStore> OpenStore(std::string_view url) { return Stores().Open(url); }

}  // namespace weir::storage
