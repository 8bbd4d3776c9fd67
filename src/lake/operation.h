#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lake/commit.h"
#include "lake/warehouse.h"

// What the operations on tables share. Each has a Plan… function, which does the work (it writes
// data files, invisible yet) and returns the Changes to commit, so that a run can commit several
// tables at once (Warehouse::CommitTogether), and one that opens, plans and commits one table.
//
// A caller says where a commit comes from by a CommitInfo, `origin`, with run id, attempt, job,
// interval, code hash and input versions set as far as they are known; the operation adds its name,
// its parameters and its metrics.
namespace weir::lake {

// The table an operation works on, as it was when it began. Both must outlive the call.
struct TableAt {
  const TableFolder& folder;
  const Snapshot& snapshot;
};

// What an operation did; also the commit's operationMetrics.
struct OperationMetrics {
  std::int64_t rows_inserted = 0;
  std::int64_t rows_updated = 0;
  std::int64_t rows_deleted = 0;
  std::int64_t files_added = 0;
  std::int64_t files_removed = 0;
  std::int64_t bytes_added = 0;
  std::int64_t bytes_removed = 0;

  friend bool operator==(const OperationMetrics&, const OperationMetrics&) = default;
};

// What has been committed. `version` is the table's present one if there was nothing to change.
struct Committed {
  std::int64_t version = -1;
  bool changed = false;
  OperationMetrics metrics;
};

// Whether committing `changes` would change the table: files, columns or protocol. An operation
// that finds nothing to do gives changes without effect, and its convenience commits nothing.
bool HasEffect(const Changes& changes);

// The metrics that a plan put into its commit info.
OperationMetrics MetricsOf(const Changes& changes);

// Commits what a plan has made, if it has effect.
Committed CommitPlanned(Warehouse& warehouse, const TableAt& table, const Changes& changes);

// The operation of a commit that removes rows for their age alone.
inline constexpr auto kRetention = "RETENTION";
// The operation of a commit that removes rows, here and wherever else they went, as a person asked
// for it.
inline constexpr auto kErasure = "ERASURE";

// The removal, now, of live files.
RemoveFile RemovalOf(const AddFile& file, bool data_change);
std::vector<RemoveFile> RemovalsOf(const std::vector<AddFile>& files, bool data_change);

// The rows of `files`, as far as their statistics tell.
std::int64_t RowsOf(const std::vector<AddFile>& files);

// How many files to work on at a time.
int ThreadsOf(Warehouse& warehouse);

// Throws UserError for a table that only grows (delta.appendOnly).
void CheckRemovable(const TableAt& table);

// Deletes files that were written for a commit that won't be; what stays is left to vacuum.
void DiscardFiles(const TableFolder& table, const std::vector<AddFile>& files);

// Warehouse::CommitTogether(); where that throws ConflictError the files of `parts` are deleted, as
// nothing will ever name them, and it is thrown on.
std::map<std::string, std::int64_t> CommitOrDiscard(Warehouse& warehouse, const std::string& run_id,
                                                    const std::vector<TableChanges>& parts);

// How a commit names what was done.
struct OperationName {
  std::string operation;  // "WRITE", "MERGE" …
  std::map<std::string, std::string> parameters;
};

// Sets the commit info of finished changes; files and bytes are counted into `metrics`, whose rows
// the caller has counted.
void DescribeOperation(Changes& changes, const CommitInfo& origin, const OperationName& name,
                       OperationMetrics metrics);

}  // namespace weir::lake
