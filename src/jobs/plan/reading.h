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

// Whether the table is an interval table: as its writer writes it, or of others, as it is.
bool ReadsIntervals(const std::vector<JobInstance>& instances, const InstanceInput& input,
                    const PlanFacts& facts);

// What a run of `interval` reads now.
Reading ReadingOf(const std::vector<JobInstance>& instances, std::size_t instance,
                  const InstanceInput& input, const Interval& interval, const PlanFacts& facts);

}  // namespace weir::jobs
