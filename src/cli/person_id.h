#pragma once

#include <compare>
#include <optional>
#include <string>

namespace weir::cli {

// An id of one party, such as a cookie.
struct PersonId {
  std::string party;
  std::string user_id;

  friend auto operator<=>(const PersonId&, const PersonId&) = default;
};

// Reads "af:0123456789abcdef": the party ends at the first colon. Absent where either is empty.
std::optional<PersonId> ParsePersonId(const std::string& word);

}  // namespace weir::cli
