#include "cli/person_id.h"

namespace weir::cli {

std::optional<PersonId> ParsePersonId(const std::string& word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == word.size()) {
    return std::nullopt;
  }
  return PersonId{.party = word.substr(0, colon), .user_id = word.substr(colon + 1)};
}

}  // namespace weir::cli
