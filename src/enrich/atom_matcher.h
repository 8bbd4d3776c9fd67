#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::enrich {

// Finds which of many short texts ("atoms") stand in a text, ASCII letters in any case. Immutable:
// any threads may ask.
class AtomMatcher {
 public:
  // Lower-case atoms, none of them empty, all different.
  explicit AtomMatcher(const std::vector<std::string>& atoms);

  // Sets `found` to the indexes of the atoms in `text`, each once, ascending.
  void Find(std::string_view text, std::vector<int>& found) const;

 private:
  void CountBytes(const std::vector<std::string>& atoms);
  void AddAtom(std::string_view atom, int index);
  void Link();
  std::uint32_t& Next(std::uint32_t state, std::size_t byte_class) {
    return next_[state * num_classes_ + byte_class];
  }

  std::array<std::uint8_t, 256> class_of_{};  // bytes in no atom are of class 0
  std::size_t num_classes_ = 1;
  std::vector<std::uint32_t> next_;     // by state and class
  std::vector<std::int32_t> atom_;      // that ends in a state, or -1
  std::vector<std::uint32_t> shorter_;  // the next state to ask for atoms that end here; 0: none
};

}  // namespace weir::enrich
