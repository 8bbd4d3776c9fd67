#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/person_id.h"

namespace weir::cli {

// The ids of words "af:0123456789abcdef" (the party ends at the first colon) and of the lines of
// `file`, {"party": "af", "user_id": "0123…"} each, other keys ignored; sorted, each once. Throws
// UsageError for a wrong word and UserError, naming file and line, for a wrong line.
std::vector<PersonId> AskedIds(const std::vector<std::string>& words,
                               const std::optional<std::filesystem::path>& file);

}  // namespace weir::cli
