#pragma once

#include <cstddef>
#include <functional>

namespace weir {

// Calls `work(0) … work(count - 1)`, each once, on up to `threads` threads (the caller's among
// them), and returns when all are done. Which thread takes which index is not fixed: `work` writes
// only to its own slot. The first exception by index is rethrown after all threads have stopped;
// indices not yet begun are then skipped.
void ParallelFor(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace weir
