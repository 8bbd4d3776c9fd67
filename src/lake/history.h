#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

struct HistoryEntry {
  std::int64_t version = 0;
  std::int64_t timestamp = 0;  // ms: the commit's own, or its file's where it has none
  CommitInfo info;             // empty where another program wrote none
};

// The newest `limit` (0: all) commits that the log still holds as entries, newest first, up to
// version `newest`.
std::vector<HistoryEntry> ReadHistory(
    const TableFolder& table, std::size_t limit,
    std::int64_t newest = std::numeric_limits<std::int64_t>::max());

// What a version's log entry says of the commit; empty where another program wrote nothing. Throws
// UserError if the log no longer holds the entry.
CommitInfo ReadCommitInfo(const TableFolder& table, std::int64_t version);

}  // namespace weir::lake
