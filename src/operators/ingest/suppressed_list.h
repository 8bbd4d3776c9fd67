#pragma once

#include <string_view>
#include <vector>

#include "base/hashing.h"
#include "enrich/suppressed_ids.h"
#include "operators/operator.h"

namespace weir::operators {

// The list of erased ids in an argument (hash, key_epoch), as the setting `salt` made it; none
// where the argument isn't given. Throws UserError for hashes that were made with another salt,
// which would stop nobody.
enrich::SuppressedIds ReadSuppressedIds(OperatorContext& context, std::string_view argument);

// The first column as hashes. Throws UserError for what isn't 32 hex digits.
std::vector<Hash128> HashesOf(sql::Result result);

}  // namespace weir::operators
