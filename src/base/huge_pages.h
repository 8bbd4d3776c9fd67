#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace weir {

// Memory in pages of 2 MiB where the system gives such pages to those who ask (`madvise`); else
// like any memory, throwing std::bad_alloc. `bytes` > 0. Any thread.
void* AllocateHuge(std::size_t bytes);
void FreeHuge(void* memory, std::size_t bytes);

// For arrays that are read here and there: with pages of 4 KiB nearly every access to one of more
// than some MiB costs a walk through the page table besides the cache miss.
template <typename T>
struct HugePages {
  using value_type = T;

  HugePages() = default;
  template <typename Other>
  explicit(false) HugePages(const HugePages<Other>& /*other*/) {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      throw std::bad_array_new_length();
    }
    return static_cast<T*>(AllocateHuge(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) { FreeHuge(memory, count * sizeof(T)); }

  friend bool operator==(const HugePages& /*left*/, const HugePages& /*right*/) { return true; }
};

template <typename T>
using HugeVector = std::vector<T, HugePages<T>>;

}  // namespace weir
