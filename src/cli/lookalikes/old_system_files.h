#pragma once

#include <filesystem>
#include <string>

#include "lake/query.h"

namespace weir::cli {

// What another system's lookalikes are: temporary tables of a session, each there or not.
//   old_token_weights (segment_id, token, weight)
//   old_scores (segment_id, universal_id, score)
//   old_members (segment_id, dsp_user_id, value)
struct OldLookalikes {
  std::string name;  // of the system, as comparisons are known by
  bool has_weights = false;
  bool has_scores = false;
  bool has_members = false;
};

// From `token_weights`, `scores` and `members` with .tsv, .tsv.gz (with a header line) or .parquet
// behind, as far as they are in the folder; `value` of members may be left out: all are the same
// then. Other columns don't matter. Throws UserError with file, line and field for a column that is
// missing, a line of more or fewer fields than the first, a number that isn't one, an empty text
// and a row that comes twice, for a file that can't be read, and for a folder without any of them.
OldLookalikes ReadOldFiles(lake::QuerySession& session, const std::filesystem::path& folder);

// From weir's own tables of a day and region. Throws UserError if there is nothing of that day.
OldLookalikes ReadOldDay(lake::QuerySession& session, const std::string& region,
                         const std::string& day);

}  // namespace weir::cli
