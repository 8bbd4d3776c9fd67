#include "base/huge_pages.h"

#include <sys/mman.h>

namespace weir {
namespace {

constexpr std::size_t kPage = std::size_t{1} << 21;
constexpr std::size_t kWorthIt = 2 * kPage;  // smaller blocks would mostly be rounding

}  // namespace

void* AllocateHuge(std::size_t bytes) {
  if (bytes < kWorthIt) {
    return ::operator new(bytes);
  }
  void* const memory = ::operator new(bytes, std::align_val_t(kPage));
  madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: whether it is granted doesn't matter here
  return memory;
}

void FreeHuge(void* memory, std::size_t bytes) {
  if (bytes < kWorthIt) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t(kPage));
  }
}

}  // namespace weir
