#include "connectors/activation/left_out_users.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::connectors {
namespace {

constexpr std::size_t kLengthsShown = 3;

// Of UTF-8: all bytes but those that continue a character.
std::size_t CharactersOf(std::string_view text) {
  constexpr unsigned kMask = 0xC0;
  constexpr unsigned kContinues = 0x80;
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & kMask) != kContinues; }));
}

}  // namespace

void LeftOutUsers::Add(std::string_view user) {
  ++users_;
  if (first_lengths_.size() < kLengthsShown) {
    first_lengths_.push_back(CharactersOf(user));
  }
}

void LeftOutUsers::Append(const LeftOutUsers& later) {
  users_ += later.users_;
  for (const std::size_t length : later.first_lengths_) {
    if (first_lengths_.size() < kLengthsShown) {
      first_lengths_.push_back(length);
    }
  }
}

std::string LeftOutUsers::Text(std::int64_t all_users, std::string_view allowed_ids) const {
  std::vector<std::string> shown;
  shown.reserve(first_lengths_.size());
  for (const std::size_t length : first_lengths_) {
    shown.push_back(fmt::format("*** of {} characters", length));
  }
  return fmt::format("{} of {} users are left out: their ids ({}{}) aren't {}", users_, all_users,
                     fmt::join(shown, ", "), std::cmp_greater(users_, shown.size()) ? " …" : "",
                     allowed_ids);
}

bool MayBeLeftOut(std::int64_t users, std::int64_t all_users, double most_share) {
  constexpr std::int64_t kFew = 100;
  const bool are_few = most_share > 0 && users <= kFew;
  return users == 0 || are_few ||
         static_cast<double>(users) <= most_share * static_cast<double>(all_users);
}

}  // namespace weir::connectors
