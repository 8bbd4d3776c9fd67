#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "lake/warehouse.h"

namespace weir::cli {

// The secret that hashes and keys of ids are made with.
inline constexpr auto kErasureSalt = "adtech.salt";

// Puts ids on the list that ingestion drops events by, metastore.suppressed_ids (hash, key_epoch,
// forgotten: the day): salted hashes alone, each once. Returns how many are new.
std::int64_t SuppressIds(lake::Warehouse& warehouse, const std::vector<PersonId>& ids,
                         const std::string& salt);

// How many would be new.
std::int64_t CountUnsuppressed(lake::Warehouse& warehouse, const std::vector<PersonId>& ids,
                               const std::string& salt);

}  // namespace weir::cli
