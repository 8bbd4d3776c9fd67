#include "identity/union_find.h"

#include <atomic>
#include <numeric>
#include <utility>

namespace weir::identity {

UnionFind::UnionFind(std::size_t size) : parents_(size) {
  std::iota(parents_.begin(), parents_.end(), 0U);
}

std::uint32_t UnionFind::Find(std::uint32_t node) {
  while (true) {
    std::atomic_ref link(parents_[node]);
    std::uint32_t parent = link.load(std::memory_order_relaxed);
    if (parent == node) {
      return node;
    }
    const std::uint32_t above = std::atomic_ref(parents_[parent]).load(std::memory_order_relaxed);
    if (parent != above) {
      link.compare_exchange_weak(parent, above, std::memory_order_relaxed);
    }
    node = above;
  }
}

bool UnionFind::Unite(std::uint32_t left, std::uint32_t right) {
  while (true) {
    left = Find(left);
    right = Find(right);
    if (left == right) {
      return false;
    }
    if (left < right) {
      std::swap(left, right);
    }
    std::uint32_t expected = left;  // still a root?
    if (std::atomic_ref(parents_[left])
            .compare_exchange_strong(expected, right, std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace weir::identity
