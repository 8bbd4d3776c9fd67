#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/plan/instance.h"

// Which runs of the ledger count: those of intervals that the schedule has, whose tables still have
// their rows.
namespace weir::jobs {

// Whether it stands for a batch of a stream: both ends are the batch's number.
inline bool IsBatch(const Interval& interval) { return interval.start == interval.end; }

// Takes the runs of intervals that an instance's schedule doesn't have, as it or the time zone was
// another one when they ran, out of `facts.runs` into `facts.former`; batches, too, of a job that
// was a stream. Runs of streams are left as they are: what they have read counts. Cost: one look at
// each run.
void SetAsideFormerRuns(const std::vector<JobInstance>& instances, PlanFacts& facts);

// Why an instance can't run at all, and what to do: a table that it writes still holds what runs of
// intervals made that its schedule doesn't have, or of batches. No run of an interval that it has
// would remove just these rows. Absent if there are none.
std::optional<std::string> HeldByFormerRuns(const JobInstance& instance,
                                            const std::vector<RunRecord>& former,
                                            const PlanFacts& facts);

// The tables that an instance writes, held against its runs. Copies nothing: the instance and the
// facts must outlive it.
class WrittenTables {
 public:
  WrittenTables(const JobInstance& instance, const PlanFacts& facts);

  // What a run that succeeded has nothing of any more, or never had, for people: "d.daily was
  // dropped", "d.per_day has no rows of it". Absent if all tables that the job writes now have
  // what it made. Of tables of the environment that is read from only whether it wrote them.
  std::optional<std::string> Lack(const RunRecord& run) const;

 private:
  std::vector<std::pair<const project::Output*, const TableFacts*>> tables_;  // null: not known
};

}  // namespace weir::jobs
