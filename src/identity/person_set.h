#pragma once

#include <cstddef>
#include <vector>

#include "base/hashing.h"

namespace weir::identity {

// A set of universal ids, for one look-up a row. They are hashes already, so their low bits say
// where they stand: an open table at most half full, 17 bytes a place.
class PersonSet {
 public:
  // Returns false if it was there.
  bool Add(const Hash128& person);
  bool Holds(const Hash128& person) const { return size_ > 0 && is_taken_[PlaceOf(person)] != 0; }
  std::size_t size() const { return size_; }
  // In no order that means anything.
  std::vector<Hash128> All() const;

 private:
  std::size_t PlaceOf(const Hash128& person) const;
  void Grow();

  std::vector<Hash128> persons_;  // a power of two
  std::vector<char> is_taken_;
  std::size_t size_ = 0;
};

}  // namespace weir::identity
