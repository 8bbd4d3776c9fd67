#include "cli/forget/forget_lock.h"

namespace weir::cli {

std::unique_ptr<storage::StoreLock> LockForForgetting(storage::ObjectStore& store) {
  return store.Lock("_weir/forget.lock");
}

}  // namespace weir::cli
