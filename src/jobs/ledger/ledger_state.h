#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/ledger/ledger.h"
#include "jobs/ledger/run_cache.h"
#include "jobs/ledger/run_objects.h"

namespace weir::jobs {

constexpr auto kRunTable = "weir.runs";
constexpr auto kCheckTable = "weir.checks";
constexpr auto kCompactionLock = "_weir/compaction.lock";

// What Ledger does, in parts: each works on the cache as it is.
struct Ledger::State {
  State(lake::Warehouse& its_warehouse, std::filesystem::path its_cache,
        const LedgerOptions& its_options)
      : warehouse(its_warehouse), cache_path(std::move(its_cache)), options(its_options) {}

  // Calls `work` with the cache; if the file turns out to be damaged or gone, once more with a new
  // one that was filled again.
  template <typename Work>
  auto WithCache(const Work& work) {
    try {
      return work(cache());
    } catch (const DamagedDatabase&) {
      DropCache();
      return work(cache());
    }
  }

  void RequireWritable() const;

  // Opened when first asked for; a new one is filled before it is given out.
  RunCache& cache();
  void DropCache();

  // Makes the cache tell what stands in the objects of one run, or of all for an empty `run`, and
  // in weir.runs. Objects are looked at first: they are deleted only after weir.runs has them. The
  // look is inside the cache's transaction, so that of processes that share it the later look wins.
  void Sync(RunCache& cache, const std::string& run);
  void SyncObjects(RunCache& cache, const std::string& run);
  void SyncTable(RunCache& cache);

  // What tells a version of weir.runs from another of the same number; empty: there is none.
  std::string TableEntry(std::int64_t version) const;
  // Whether weir.runs has another version than the cache was told.
  bool IsTableBehind(RunCache& cache);

  // Records what dead processes committed without recording it.
  void MendAll(RunCache& cache);
  // The same for one attempt. Returns its record if it has succeeded.
  std::optional<RunRecord> Mend(RunCache& cache, const RunRecord& record);
  // The prepared record, with the versions that were committed; nothing if it wasn't.
  std::optional<RunRecord> FindCommitted(RunCache& cache, const RunRecord& record);

  LeaseAttempt Take(RunCache& cache, RunRecord start);
  // What stands in the way of another attempt, or `lease` and the others empty.
  LeaseAttempt Obstacle(RunCache& cache, const RunRecord& newest);
  // False if somebody else has that attempt.
  bool TryTake(RunCache& cache, const RunRecord& start);

  std::size_t Compact(RunCache& cache, std::size_t threshold);
  void CommitCompacted(const std::vector<RunRecord>& records,
                       std::vector<lake::Snapshot> snapshots);
  void DeleteObsolete(RunCache& cache);

  lake::Warehouse& warehouse;
  std::filesystem::path cache_path;
  LedgerOptions options;
  std::optional<RunCache> opened;
};

// Makes a lease of an attempt that was taken, and starts renewing it.
Lease MakeLease(storage::ObjectStore& store, const RunRecord& record, const LedgerOptions& options);

// A SELECT for the rows of weir.runs, or of weir.checks, of these records.
std::string RunRowsSql(const std::vector<RunRecord>& records);
std::string CheckRowsSql(const std::vector<RunRecord>& records);

// Puts the rows of some files of weir.runs into the cache.
void LoadRunRows(lake::Warehouse& warehouse, const lake::Snapshot& snapshot,
                 const std::vector<lake::AddFile>& files, RunCache& cache);

}  // namespace weir::jobs
