#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "jobs/schedule/schedule.h"
#include "project/project.h"
#include "project/substitution.h"

// Jobs as they run: one instance for each partition of a `per:` job, with the names filled in.
namespace weir::jobs {

// The output of an instance that writes a table.
struct TableWriter {
  std::size_t instance = 0;
  std::size_t output = 0;

  friend bool operator==(const TableWriter&, const TableWriter&) = default;
};

struct InstanceInput {
  project::Input input;  // the table's name filled in
  // Instances whose rows it reads; none for a table that no job of the project writes.
  std::vector<TableWriter> writers{};
  // The writers are streams, whose batches are no intervals: its rows say which days there are.
  bool by_stream = false;

  bool KnowsDaysByRows() const { return writers.empty() || by_stream; }
};

struct JobInstance {
  const project::Job* job = nullptr;
  std::string partition;  // "" without `per`
  Schedule schedule;
  std::vector<InstanceInput> reads{};
  std::vector<project::Output> writes{};  // the tables' names filled in
  // Until when it has intervals at all: end(), and where nothing but other jobs of the project says
  // what is due, not beyond the latest that one of these has.
  Micros last_end = kAllOfTime.end;

  // "user_ids_mapper[amer]".
  std::string name() const;
  // As the schedule's label; "batch 12" of a stream.
  std::string Label(const Interval& interval) const;
  bool WritesState() const;
  bool WritesIntervals() const;
  bool MergesState() const;
  // The job's `end`; kAllOfTime.end without one.
  Micros end() const;
  project::Substitutions values{};  // for `{region}` and `{var.x}` in names and SQL
};

// All instances of a project's jobs, each after those whose tables it reads (but for `previous`),
// else by name. `project` must outlive them. The graph has been checked (jobs/graph): one writer a
// table or partition, no cycles.
std::vector<JobInstance> MakeInstances(const project::Project& project);

// The state that an instance reads of itself, if it does: position in `reads`.
std::optional<std::size_t> OwnPreviousState(const std::vector<JobInstance>& instances,
                                            std::size_t instance);

}  // namespace weir::jobs
