#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "lake/actions.h"
#include "lake/warehouse.h"

namespace weir::lake {

// Whether a commit took rows for their age alone, or as they must be forgotten wherever they went
// (kRetention, kErasure): no result that was made of them is wrong by it.
bool IsForKeeping(const std::vector<Action>& actions);

// Which versions that the log no longer tells of changed nothing that somebody who read an earlier
// one must read again, as far as NoteQuietVersions() was called before their entries went.
std::set<std::int64_t> QuietVersions(const TableFolder& table);

// Notes the quiet ones of the log's entries up to `last`: those for keeping, and those that changed
// no data. Kept in `_delta_log/_weir_quiet_versions.json`, beside what is known already; other
// readers of the table pass it over. Durable on return. Cost: reads each of these entries. One call
// at a time for a table.
void NoteQuietVersions(const TableFolder& table, std::int64_t last);

}  // namespace weir::lake
