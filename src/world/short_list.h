#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

namespace weir::world {

// At most `most` values that are known when the program is compiled, in place.
template <typename Value, std::size_t most>
class ShortList {
 public:
  constexpr ShortList() = default;
  // More than `most` do not compile where the list is constexpr.
  constexpr ShortList(std::initializer_list<Value> values) : size_(values.size()) {
    std::ranges::copy(values, values_.begin());
  }

  constexpr std::size_t size() const { return size_; }
  constexpr const Value& operator[](std::size_t index) const { return values_[index]; }
  constexpr const Value* begin() const { return values_.data(); }
  constexpr const Value* end() const { return values_.data() + size_; }

 private:
  std::array<Value, most> values_{};
  std::size_t size_ = 0;
};

}  // namespace weir::world
