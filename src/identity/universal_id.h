#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/hashing.h"

namespace weir::identity {

// The id of the person that (party, id) founded: XXH3, 128 bits, seed 0, of the bytes of the party,
// one byte 0x1F, and the bytes of the id. Tables hold it as 32 hex digits.
Hash128 UniversalId(std::string_view party, std::string_view id);

// Names of people that come from elsewhere, by the party and id that founded them. An id names at
// most one, so no two people have one name.
using GivenNames = std::map<std::pair<std::string, std::string>, Hash128>;

// Reads what ToHex() wrote. Throws UserError for anything else.
Hash128 ParseUniversalId(std::string_view hex);

}  // namespace weir::identity
