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

  // Whether a text that couldn't be read names one of the ids, as a word of letters, digits and
  // "-_.~%+": one of `party`, or, where that is empty, of a party that is one of the four words
  // before or behind. Cost: at most eight hashes a word.
  bool IsNamedIn(std::string_view text, std::string_view party) const;

 private:
  std::string salt_;
  std::vector<Hash128> hashes_;  // sorted
};

}  // namespace weir::enrich
