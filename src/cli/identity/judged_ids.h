#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "identity/quality.h"
#include "lake/query.h"

namespace weir::cli {

// The ids of the mappings of `regions` and of a generated world's truth, as the judge wants them:
// those of one owner alone, as a device that several people share has no right person. An id that
// two regions map counts in the one with most calls (of equal ones the first of `regions`); one
// that isn't mapped is a person of its own. A group is what pairs that are no noise join, by owner.
// Throws UserError, naming the file, for a folder that has no people.parquet and edges.parquet.
std::vector<identity::JudgedId> ReadJudgedIds(lake::QuerySession& session,
                                              const std::vector<std::string>& regions,
                                              const std::filesystem::path& truth);

}  // namespace weir::cli
