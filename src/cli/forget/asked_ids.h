#pragma once

#include <vector>

#include "cli/command.h"
#include "cli/person_id.h"

namespace weir::cli {

// What a command that forgets ids takes: words "af:0123456789abcdef" (the party ends at the first
// colon), and a file with a line {"party": "af", "user_id": "0123…"} for each id, other keys
// ignored.
std::vector<Parameter> AskedIdParameters();

// The ids of these parameters, sorted, each once. Throws UsageError for a wrong word or if nobody
// is named, and UserError, naming file and line, for a wrong line; so for an id that names nobody,
// which ingestion drops as junk.
std::vector<PersonId> AskedIds(const Arguments& arguments);

}  // namespace weir::cli
