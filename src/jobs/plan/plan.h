#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

namespace weir::jobs {

enum class Cause : std::uint8_t {
  kMissing,   // never run
  kFailed,    // its last attempt failed or was cancelled
  kCrashed,   // its last attempt's process died
  kRunning,   // an attempt is at work
  kChanged,   // an input changed
  kUpstream,  // an input's interval is in the plan itself
  kPrevious,  // the interval before it is, or was, run again
  kCode,      // the job's code changed
  kAsked,     // asked for by name: backfill, --full
  kStream,    // new files
};

struct PlannedRun {
  std::size_t instance = 0;
  Interval interval;
  Cause cause = Cause::kMissing;
  std::string why{};  // for people: "missing", "reservoir.events changed since version 12"
  // Positions in the plan of runs that must have succeeded before, and of those that must only be
  // over.
  std::vector<std::size_t> needs{};
  std::vector<std::size_t> follows{};
  // Position of the first run of the chain that it belongs to: runs that hand on a state that only
  // the last of them commits.
  std::optional<std::size_t> chain{};
  bool commits_state = true;
  bool failed_before = false;          // its last attempt failed, was cancelled or died
  std::optional<std::int64_t> rows{};  // estimates, from earlier runs
  std::optional<double> seconds{};
};

// An interval that is not run now, though its time has come or its run is out of date; without one:
// why an instance has no later intervals, or none of those that were asked for.
struct NotPlanned {
  std::size_t instance = 0;
  std::optional<Interval> interval{};
  std::string why{};
  bool has_none = false;  // it has never run, or none of its intervals is among the days asked for
  std::optional<Interval> first{};  // that it waits for, where it has never run
  bool is_behind = false;           // what it has done lies beyond what its inputs have now
  bool is_past = false;             // the state that the interval wrote has moved on: it won't run
  bool refused = false;             // nothing of the instance runs until people do what `why` says
  bool is_left_out = false;  // it needs what `catch_up: last` left out: it won't run by itself
};

// Days that were asked for, as "2026-01-05", both inclusive; an empty one is no limit.
struct AskedDays {
  std::string first{};
  std::string last{};

  bool Has(const std::string& day) const {
    return (first.empty() || day >= first) && (last.empty() || day <= last);
  }
};

struct Plan {
  std::vector<PlannedRun> runs{};   // in an order that respects `needs` and `follows`
  std::vector<PlannedRun> stale{};  // what needs --stale
  std::vector<NotPlanned> waiting{};
};

struct PlanOptions {
  std::set<std::size_t> instances{};  // what may run
  bool stale = false;                 // also what is older than `late`, and code changes
  std::optional<AskedDays> only{};    // intervals whose own day (Schedule::Day) is one of these
  bool force = false;                 // run what `only` holds though it is done (backfill, --full)
  bool manual = false;                // the selection names its jobs: those without schedule, too
};

// The batch that a stream runs next: a new one, or again one that hasn't succeeded.
Interval NextBatch(const InstanceRuns& runs);

// What to run, for the newest state of the project: every due interval that is missing, failed or
// stale within `late`, each after what it needs. Pure: the same arguments give the same plan.
//
// An interval is due when its inputs are complete past its end: tables of the project's jobs when
// their runs are done or planned, tables of others up to the end of the newest day that they hold,
// where there is neither, by the clock; with `due: wait` when `wait` has passed since its end.
// Stale is what reads other data than it did: other files, by commits that change data, in its
// window and `where`; another version of a state; or an interval whose upstream is in the plan.
// A job that reads its own state runs again as a chain up to its newest interval, begun where a
// state is still kept. An older interval of a job that overwrites a state without reading it
// isn't run again: its state has moved on.
//
// Throws UserError for an interval that was asked for by force and can't be run again.
//
// Cost: intervals × inputs, each with a search among the changes since its run.
Plan MakePlan(const std::vector<JobInstance>& instances, const PlanFacts& facts,
              const PlanOptions& options);

}  // namespace weir::jobs
