#pragma once

#include <cstdint>

#include "lake/checkpoint_files.h"
#include "lake/snapshot.h"

namespace weir::lake {

// Reads a checkpoint, with its sidecars, as the snapshot of its version. Throws UserError naming
// the file.
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
