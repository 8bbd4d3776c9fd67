#pragma once

#include <string>
#include <string_view>

#include "base/hashing.h"

namespace weir::identity {

// The id of the person that (party, id) founded: XXH3, 128 bits, seed 0, of the bytes of the party,
// one byte 0x1F, and the bytes of the id. Tables hold it as 32 hex digits.
Hash128 UniversalId(std::string_view party, std::string_view id);

// Reads what ToHex() wrote. Throws UserError for anything else.
Hash128 ParseUniversalId(std::string_view hex);

}  // namespace weir::identity
