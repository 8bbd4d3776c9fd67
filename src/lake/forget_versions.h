#pragma once

#include <cstdint>
#include <optional>

#include "lake/warehouse.h"

namespace weir::lake {

// The smallest version that the log names: none before it can be read; -1 without a table.
std::int64_t OldestVersion(const TableFolder& table);

// The newest version whose commit says that it erased rows (kErasure); nothing if the log has none.
// Cost: reads log entries from the newest to that one.
std::optional<std::int64_t> NewestErasure(const TableFolder& table);

// Makes `version` the oldest one that can be read, whatever retention says, so that what only older
// versions held is gone: writes its checkpoint, then deletes the files that it doesn't name and the
// older part of the log, of which it notes what changed nothing (quiet_versions.h). Files of the
// last hour that no version named stay, since a writer may be at them. Can be called again after a
// crash: it goes on. Returns how many data files were deleted.
std::int64_t ForgetVersionsBefore(Warehouse& warehouse, const TableFolder& table,
                                  std::int64_t version);

}  // namespace weir::lake
