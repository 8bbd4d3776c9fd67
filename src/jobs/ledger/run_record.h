#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "jobs/schedule/interval.h"

namespace weir::jobs {

// Which run: the job, its partition (such as "amer"; empty without `per`), its interval, and a
// number that grows by one whenever an interval that is done is run anew. Its id is made of these,
// so that two processes that want to run the same thing meet at the same name:
// "user_ids_mapper.amer.20260105.1", hourly "pages.20260105T130000.2", and with both ends where the
// interval is neither a day nor an hour of UTC: "revenue.20260101-20260201.1". Batches of streams
// are counted from 1 and stand as intervals without length: "pages_in.batch000012.1".
struct RunKey {
  std::string job;
  std::string partition;
  Interval interval;
  int generation = 1;

  std::string id() const;
  friend auto operator<=>(const RunKey&, const RunKey&) = default;
};

// What a run read of one input.
struct InputRecord {
  std::string name;           // in the job
  std::string table;          // "schema.name"
  std::int64_t version = -1;  // -1: the table wasn't there
  std::string table_id{};     // of the table's metadata: another one is another table of its name
  std::string files{};  // what the files that it read hold (lake/data_origin.h), 32 hex digits
  std::int64_t num_files = 0;
  std::string writer_run{};  // of a state table: id of the run whose state was read
  std::string note{};        // such as "of 2026-01-07: 2026-01-05 has no version of its own"

  friend bool operator==(const InputRecord&, const InputRecord&) = default;
};

struct OutputRecord {
  std::string table;
  std::int64_t version = -1;  // that the run made; the present one if it changed nothing; -1 of a
                              // state table that an earlier interval of a chain left alone
  std::string table_id{};     // of the table's metadata; empty: not noted
  std::int64_t rows = 0;
  std::int64_t bytes = 0;

  friend bool operator==(const OutputRecord&, const OutputRecord&) = default;
};

struct StepRecord {
  std::string name;
  std::int64_t rows = 0;
  double seconds = 0;
  int retries = 0;

  friend bool operator==(const StepRecord&, const StepRecord&) = default;
};

struct CheckRecord {
  std::string name;
  std::string subject;  // relation or table
  std::string outcome;  // "passed", "warned", "failed"
  std::string message;
  std::int64_t failures = 0;  // rows that break it
  // Of a check of how many rows there are: that number. Records of earlier programs have none.
  std::optional<std::int64_t> rows{};

  friend bool operator==(const CheckRecord&, const CheckRecord&) = default;
};

enum class RunState : std::uint8_t { kRunning, kSucceeded, kFailed, kCancelled };

// "running", "succeeded", "failed", "cancelled".
std::string ToText(RunState state);
// Throws UserError with the allowed names and the nearest.
RunState ParseRunState(std::string_view text);

// One attempt at a run, as the ledger has it: a start, then perhaps an end.
struct RunRecord {
  RunKey key;
  int attempt = 1;
  RunState state = RunState::kRunning;
  ProcessIdentity owner;
  Micros started = 0;
  Micros ended = 0;    // 0 while it runs
  Micros renewed = 0;  // last sign of life, `started` at first; 0: its owner gave it up
  std::string code_hash;
  std::int64_t seed = 0;
  std::vector<InputRecord> inputs;
  std::vector<OutputRecord> outputs;
  std::vector<StepRecord> steps;
  std::vector<CheckRecord> checks;
  std::vector<std::string> files_read;  // of a stream's batch: the source's finished files
  // Of a stream's batch whose sources go on for ever: until when all that had come by its look was
  // read, so that nothing older is left but what comes late; 0: not known.
  Micros read_until = 0;
  std::vector<std::string> sent;  // effects outside that were confirmed, "step: identity"
  std::string why;                // why it was run: "missing", "stale: reservoir.events changed" …
  std::string chain;              // id of the run that the chain began with; empty: no chain
  std::int64_t rows = 0;          // written
  std::int64_t bytes = 0;
  double seconds = 0;
  std::uint64_t peak_memory = 0;
  std::string error;       // of a failed run, one or more lines
  bool recovered = false;  // committed by a process that died, recorded by another

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// The runs of a job's partition, each list by interval. Of each interval the newest that succeeded,
// which readers and staleness go by; and the newest attempt of the newest generation where that is
// another one: it failed, was cancelled or is running.
struct NewestRuns {
  std::vector<RunRecord> succeeded;
  std::vector<RunRecord> unsuccessful;
};

// JSON of one ledger object, with its format version. Parsing throws UserError naming `object` for
// text of a newer format or no record at all.
std::string ToJson(const RunRecord& record);
RunRecord ParseRunRecord(std::string_view text, const std::string& object);

}  // namespace weir::jobs
