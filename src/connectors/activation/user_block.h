#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::connectors {

// Users, each with entries of its own: columns, so that a block of thousands of users is a handful
// of allocations. One writer.
template <typename Entry>
class UserBlock {
 public:
  void BeginUser(std::string_view user) {
    text_ += user;
    text_ends_.push_back(text_.size());
    entry_ends_.push_back(entries_.size());
  }
  // To the user that was begun last.
  void Add(const Entry& entry) {
    entries_.push_back(entry);
    entry_ends_.back() = entries_.size();
  }

  std::size_t num_users() const { return text_ends_.size(); }
  std::size_t num_entries() const { return entries_.size(); }
  // Until the next is begun.
  std::string_view user(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : text_ends_[index - 1];
    return std::string_view(text_).substr(begin, text_ends_[index] - begin);
  }
  std::span<const Entry> entries(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : entry_ends_[index - 1];
    return std::span(entries_).subspan(begin, entry_ends_[index] - begin);
  }

 private:
  std::string text_;
  std::vector<std::size_t> text_ends_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> entry_ends_;
};

}  // namespace weir::connectors
