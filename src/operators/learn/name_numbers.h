#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::operators {

// The number of a name in a list, which must outlive this.
class NameNumbers {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  explicit NameNumbers(const std::vector<std::string>& names) {
    numbers_.reserve(names.size());
    for (std::uint32_t number = 0; number < names.size(); ++number) {
      numbers_.emplace(names[number], number);
    }
  }

  // kNone for another name. Rows of one name often follow each other.
  std::uint32_t Of(std::string_view name) {
    if (name != last_name_ || last_number_ == kNone) {
      const auto found = numbers_.find(name);
      last_number_ = found == numbers_.end() ? kNone : found->second;
      last_name_ = name;
    }
    return last_number_;
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::string last_name_;
  std::uint32_t last_number_ = kNone;
};

}  // namespace weir::operators
