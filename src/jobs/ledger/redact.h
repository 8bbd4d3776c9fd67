#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "lake/warehouse.h"

namespace weir::jobs {

// Takes texts out of what the records of runs say went wrong, `error`, `why` and the messages of
// checks, as far as they aren't in weir.runs yet: `without` gives a message without them. Deletes
// the cache, which is made anew from the records when it is next asked for; caches on other hosts
// stay as they are. Returns how many objects were rewritten, each at once and durably; called again
// after a crash it finishes. Nothing is compacted meanwhile.
std::size_t RedactRuns(lake::Warehouse& warehouse, const std::filesystem::path& cache,
                       const std::function<std::string(const std::string&)>& without);

}  // namespace weir::jobs
