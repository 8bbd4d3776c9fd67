#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

// Which version and which rows of an input a run reads: the table of the design, "Which version is
// read".
namespace weir::jobs {

enum class ReadingKind : std::uint8_t {
  kLatest,   // the latest version, all rows
  kWindow,   // the latest version, the rows of a time window
  kVersion,  // one version of a state table
  kEmpty,    // no rows: there is no state yet
  kGone,     // a state that was never committed by itself: its interval ran inside a chain
};

struct Reading {
  ReadingKind kind = ReadingKind::kLatest;
  Interval window = kAllOfTime;  // of kWindow
  std::int64_t version = -1;     // of kVersion
  std::string writer_run{};      // of kVersion: the run that wrote it
  std::string note{};            // why another interval's state is read

  friend bool operator==(const Reading&, const Reading&) = default;
};

// The window of an interval table that a run of `interval` reads: its own interval, `window` back
// from its end, or with `previous` what lies before it.
Interval WindowOf(const JobInstance& instance, const project::Input& input,
                  const Interval& interval);

// The writer's interval whose state a run of `interval` reads: the last that ends by its end, or
// with `previous` by its start.
Interval StateInterval(const JobInstance& writer, const project::Input& input,
                       const Interval& interval);

// The state of a merged table that an interval's rows are merged into when it runs again, or after
// newer ones: that of the newest interval before it that is done. kGone: it isn't kept. kEmpty: no
// interval before is done, and what the table held before the job's first commit is still kept.
Reading StateBefore(const std::string& table, const std::vector<RunRecord>& runs,
                    const Interval& interval, const PlanFacts& facts);

// Whether an instance's merges can be done again from an interval on: a state of its own or of an
// earlier interval is kept, in all tables that it merges into.
bool CanMergeAgain(const JobInstance& writer, const std::vector<RunRecord>& runs,
                   const Interval& interval, const PlanFacts& facts);

// Whether an interval has lost its turn, as a newer one is done: of a state that overwrites itself
// without being read, or one whose merges can't be done again. It isn't run again; who reads it
// reads the newer one.
bool HasMovedOn(const std::vector<JobInstance>& instances, std::size_t instance,
                const Interval& interval, const PlanFacts& facts);

// Whether the table is an interval table: as its writer writes it, or of others, as it is.
bool ReadsIntervals(const std::vector<JobInstance>& instances, const InstanceInput& input,
                    const PlanFacts& facts);

// The time that a run of `interval` reads of one writer of an input: its window, or the interval
// whose state it reads, which where that has moved on is the next newer one that is done.
Interval TimeRead(const std::vector<JobInstance>& instances, std::size_t reader,
                  const InstanceInput& input, std::size_t writer, const Interval& interval,
                  const PlanFacts& facts);

// What a run of `interval` reads now.
Reading ReadingOf(const std::vector<JobInstance>& instances, std::size_t instance,
                  const InstanceInput& input, const Interval& interval, const PlanFacts& facts);

}  // namespace weir::jobs
