#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::connectors {

// Users of a seat whom a delivery leaves out, as their ids can't be the destination's: how many,
// and what is shown of the first. It keeps no id.
class LeftOutUsers {
 public:
  void Add(std::string_view user);
  // Those of a later piece.
  void Append(const LeftOutUsers& later);
  std::int64_t users() const { return users_; }
  // "3 of 958 users are left out, as their ids (*** of 5 characters, …) aren't numbers from 1 …".
  std::string Text(std::int64_t all_users, std::string_view allowed_ids) const;

 private:
  std::int64_t users_ = 0;
  std::vector<std::size_t> first_lengths_;  // in characters
};

// Whether so many may be left out: up to `most_share` of all, and a hundred in any case, so that
// a few odd ids don't stop a small delivery; none at all where the share is 0.
bool MayBeLeftOut(std::int64_t users, std::int64_t all_users, double most_share);

}  // namespace weir::connectors
