#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/predicate.h"
#include "lake/snapshot.h"

namespace weir::lake {

// What one commit does to one table, and what it read to decide so.
struct Changes {
  std::optional<Protocol> protocol;  // set when the table is made or upgraded
  std::optional<Metadata> metadata;  // set when the table is made or its columns change
  std::vector<AddFile> adds;
  std::vector<RemoveFile> removes;
  std::vector<Txn> txns;
  CommitInfo info;

  // Rows whose coming or going since the base would have changed this commit: all rows (kTrue),
  // those that match, or none (a blind append). Another commit that adds or removes such rows is a
  // conflict.
  std::optional<Predicate> reads;
};

// "version 7 (MERGE, weir/0.1.0, run …)", for messages.
std::string DescribeCommit(std::int64_t version, const std::vector<Action>& actions);

// Throws ConflictError naming `version` if the commit `actions` of it, made by somebody else after
// our base, can't be before ours by the protocol's rules: it changed protocol or metadata, it
// removed a file that ours removes, it added or removed rows that ours read, or it moved a txn of
// ours.
void CheckConflict(const Changes& changes, const Snapshot& base, std::int64_t version,
                   const std::vector<Action>& actions, const std::string& table);

// Puts `changes`, made on `base`, into the table's log as one version and returns that version.
// Others' commits in between are checked (CheckConflict) and, if harmless, gone behind. If the
// table has all of the changes' txns already, nothing is written and the version that has them is
// returned. Then writes a checkpoint if one is due. The data files must be durable already.
std::int64_t CommitChanges(const TableFolder& table, const Snapshot& base, const Changes& changes,
                           sql::Connection& connection);

// The lock that weir's writers of one table hold while they commit.
std::unique_ptr<storage::StoreLock> LockTable(const TableFolder& table);

// The version that `changes` will get, by a caller that holds the table's lock: after others'
// commits since `base`, each checked (CheckConflict). Nothing if the table has its txns already.
std::optional<std::int64_t> NextVersion(const TableFolder& table, const Snapshot& base,
                                        const Changes& changes);

// As CommitChanges, by a caller that holds the table's lock; writes no checkpoint.
std::int64_t CommitLocked(const TableFolder& table, const Snapshot& base, const Changes& changes);

// Fills in what every commit on `base` says of itself: time, engine, the version it read.
void StampInfo(const Snapshot& base, CommitInfo& info);

// Puts stamped and checked `changes`, made on `base` (which matters to changes with `reads` only),
// into the log after `base_version`, by a caller that holds the table's lock. Returns the version
// that has them.
std::int64_t AppendEntry(const TableFolder& table, std::int64_t base_version, const Snapshot& base,
                         const Changes& changes);

// Writes a checkpoint every delta.checkpointInterval versions (10). A failing checkpoint is logged,
// never an error: the commit stands without it.
void CheckpointIfDue(const TableFolder& table, const Metadata& metadata, std::int64_t version,
                     sql::Connection& connection);

}  // namespace weir::lake
