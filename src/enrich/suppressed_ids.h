#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hashing.h"

namespace weir::enrich {

// The ids whose events must not be kept, as salted hashes: the list itself names nobody. Immutable.
class SuppressedIds {
 public:
  SuppressedIds() = default;
  // `hashes` in any order, each made by HashId() with the same salt.
  SuppressedIds(std::string salt, std::vector<Hash128> hashes);

  static Hash128 HashId(std::string_view salt, std::string_view party, std::string_view id);

  bool IsEmpty() const { return hashes_.empty(); }
  bool Contains(std::string_view party, std::string_view id) const;

 private:
  std::string salt_;
  std::vector<Hash128> hashes_;  // sorted
};

}  // namespace weir::enrich
