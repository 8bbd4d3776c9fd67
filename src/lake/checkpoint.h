#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

// The files of one classic checkpoint: one, or all parts of a multi-part one.
struct CheckpointFiles {
  std::int64_t version = -1;
  std::vector<std::string> keys;
};

// The newest complete checkpoint not after `limit` among a listing of `_delta_log/`, if any. V2
// checkpoints (with a UUID in the name) are not among them.
std::optional<CheckpointFiles> NewestCheckpoint(const std::vector<storage::ObjectInfo>& listing,
                                                std::int64_t limit);

// Reads a checkpoint as the snapshot of its version. Throws UserError naming the file.
Snapshot ReadCheckpoint(const TableFolder& table, const CheckpointFiles& checkpoint,
                        sql::Connection& connection);

// Writes `snapshot` as a classic checkpoint and points `_last_checkpoint` at it; old tombstones
// (older than delta.deletedFileRetentionDuration, default 7 days) are left out. Idempotent.
void WriteCheckpoint(const TableFolder& table, const Snapshot& snapshot,
                     sql::Connection& connection);

// Deletes log entries and checkpoints older than delta.logRetentionDuration (default 30 days) that
// the newest checkpoint replaces; whole UTC days only, as the protocol advises. Returns how many.
std::int64_t CleanUpLog(const TableFolder& table, const Snapshot& snapshot);

}  // namespace weir::lake
