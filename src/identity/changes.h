#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hashing.h"

namespace weir::identity {

enum class ChangeKind : std::uint8_t { kCreated, kMerged, kSplit, kRenamed, kExpired, kErased };

std::string_view NameOf(ChangeKind kind);

// What became of a person; `from` is absent of one that was created, `into` of one that is gone.
struct Change {
  ChangeKind kind = ChangeKind::kCreated;
  std::optional<Hash128> from{};
  std::optional<Hash128> into{};

  friend auto operator<=>(const Change&, const Change&) = default;
};

// Whose an id was and is.
struct Membership {
  std::optional<Hash128> before{};
  std::optional<Hash128> after{};
  bool is_erased = false;
};

// The changes between two days, sorted; a function of all memberships, in any order. A person now
// stands in line with those before with which it shares an id:
//   created  none of its ids was anybody's
//   merged   it shares with several; one row for each that isn't of its name
//   split    a person before shares with several now; one row for each that isn't of its name
//   renamed  one before and one now share with nobody else, under two names
//   expired  no id of the person before is anybody's any more
//   erased   one of its ids was erased; not also `expired` then
// A person that only gained or lost ids hasn't changed. Members of people that are as they were
// may be left out.
std::vector<Change> ChangesBetween(std::span<const Membership> memberships);

}  // namespace weir::identity
