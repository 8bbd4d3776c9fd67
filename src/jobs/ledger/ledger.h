#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/ledger/run_record.h"
#include "lake/warehouse.h"

namespace weir::jobs {

// A run that this process owns. While it lives a thread renews it every 10 s. Not ended when it
// goes: the run counts as crashed, and anyone may take it over at once. Its ledger's warehouse must
// outlive it. One thread at a time; the ledger knows of Prepare() and End() after its next Refresh.
class Lease {
 public:
  ~Lease();
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;

  const RunRecord& record() const;
  // Whether this attempt is still the run's newest and has no end: asked right before the intent.
  bool IsMine() const;
  // Notes what will be recorded as the end, before the commit point: if this process dies after the
  // commit, whoever comes next records the run from this, with state kSucceeded and the versions
  // that its commits made. All tables that the commit may touch must be among the outputs. Durable
  // on return.
  void Prepare(const RunRecord& finished);
  // Ends the run: one object, durable on return. Key, attempt, owner and start are the lease's own;
  // `ended` is now if it is 0. If somebody took the run for dead, and took it over or recorded its
  // end, that stays and nothing is written.
  void End(const RunRecord& finished);

  struct State;
  explicit Lease(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

// What stands in the way of a lease: another attempt that still lives.
struct Holder {
  RunRecord record;
  std::string text() const;  // "process 17 on host web-1, since 2026-01-05T03:04:05Z, last sign …"
};

// One of the three is there.
struct LeaseAttempt {
  std::optional<Lease> lease{};
  std::optional<Holder> holder{};   // a living owner
  std::optional<RunRecord> done{};  // it has succeeded already
};

struct LedgerOptions {
  std::chrono::milliseconds renew_every = std::chrono::seconds(10);
};

// The runs of one warehouse: objects `_weir/runs/<run>.<attempt>.json` (start, the lease),
// `….alive.json` (renewals), `….prepared.json`, `….end.json`, and the tables weir.runs and
// weir.checks where ended ones are kept once there are a thousand. A SQLite file caches them; it
// may be deleted at any time, and processes may share it. One thread at a time, but for the leases,
// which may be used by a thread each. What is asked is answered from the cache, as of the last
// Refresh() and what this ledger did itself. The ledger of a warehouse that is only read can be
// looked at: Take() and Compact() throw UserError.
//
// An attempt that was taken over has failed: its record says which attempt followed. It counts as
// ended when that one began.
class Ledger {
 public:
  // `cache`: path of the SQLite file; made, with its folders, when missing, damaged or of another
  // warehouse. `warehouse` must outlive the ledger.
  Ledger(lake::Warehouse& warehouse, const std::filesystem::path& cache,
         const LedgerOptions& options = {});
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Brings the cache up to date and mends what dead processes left: a run whose commit stands is
  // recorded as succeeded (recovered), by its prepared record; others stay as they are (crashed:
  // kRunning of a dead owner) until they are taken over. Of a warehouse that is only read nothing
  // is mended.
  void Refresh();

  NewestRuns RunsOf(const std::string& job, const std::string& partition);
  // Of each interval the newest attempt of the newest generation, whatever became of it.
  std::vector<RunRecord> Newest(const std::string& job, const std::string& partition);
  // RunsOf().succeeded
  std::vector<RunRecord> NewestSucceeded(const std::string& job, const std::string& partition);
  std::optional<RunRecord> Find(const std::string& run_id);  // newest attempt
  std::vector<RunRecord> Attempts(const std::string& run_id);

  struct Filter {
    std::string job{};  // empty: all
    std::string partition{};
    std::optional<RunState> state{};
    std::size_t limit = 20;
  };
  // Newest start first.
  std::vector<RunRecord> List(const Filter& filter);
  // The jobs that have runs, by name.
  std::vector<std::string> Jobs();

  // Whether a run without an end belongs to nobody: its process is dead on this host, or it gave no
  // sign for 60 s.
  static bool IsAbandoned(const RunRecord& record);

  // Tries to become the owner of the next attempt of `start.key`; a run that failed or was
  // cancelled may be tried again. The attempt's number is set here, `started` to now if it is 0,
  // the owner to this process if it has no pid.
  LeaseAttempt Take(RunRecord start);

  // Moves ended attempts into weir.runs and weir.checks once there are `threshold`, and deletes
  // objects that a killed Compact() left. Returns how many it moved: 0 also if another process is
  // at it.
  std::size_t Compact(std::size_t threshold = 1000);

  // A small key-value store in the cache for what can be computed again (plan verdicts).
  std::optional<std::string> Remembered(const std::string& key);
  void Remember(const std::string& key, const std::string& value);
  // Changes whenever a run of the job's partition is recorded: part of the keys above.
  std::string Generation(const std::string& job, const std::string& partition);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A SELECT, by table, that has the columns of weir.runs and of weir.checks and no row: what they
// are while no attempt, or none with checks, has ended.
std::map<std::string, std::string> EmptyLedgerTables();

}  // namespace weir::jobs
