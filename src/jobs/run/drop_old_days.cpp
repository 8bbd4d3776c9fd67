#include "jobs/run/drop_old_days.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/log.h"
#include "jobs/plan/row_days.h"
#include "lake/data_origin.h"
#include "lake/operation.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

// The end of the newest day of a stream's tables that hold no times but right ones.
std::optional<Micros> NewestOfStream(const JobInstance& stream, const RowDays& days,
                                     lake::Warehouse& warehouse) {
  std::optional<Micros> newest;
  for (const project::Output& output : stream.writes) {
    if (output.keep) {
      continue;
    }
    newest = std::max(newest, days.NewestEnd(warehouse.Open(warehouse.FolderOf(output.table))));
  }
  return newest;
}

// Whether a run found anything to read. One of a day that its inputs have nothing of, such as a day
// ahead of them that was asked for, says nothing about how far the table has come.
bool HadInput(const JobInstance& instance, const RunRecord& run) {
  bool reads = false;
  for (const InputRecord& read : run.inputs) {
    const auto input =
        std::ranges::find(instance.reads, read.name,
                          [](const InstanceInput& one) -> const auto& { return one.input.name; });
    if (input != instance.reads.end() && input->input.previous) {
      continue;
    }
    if (read.num_files > 0 || read.table == kSourceFiles) {
      return true;
    }
    reads = true;
  }
  return !reads;
}

std::optional<Micros> NewestEndOf(const JobInstance& instance, const InstanceRuns& runs,
                                  const RowDays& days, lake::Warehouse& warehouse) {
  if (instance.job->is_stream) {
    return NewestOfStream(instance, days, warehouse);
  }
  const auto newest =
      std::ranges::find_if(runs.succeeded.rbegin(), runs.succeeded.rend(),
                           [&](const RunRecord& run) { return HadInput(instance, run); });
  return newest == runs.succeeded.rend() ? std::nullopt : std::optional(newest->key.interval.end);
}

// The values that tell an instance's rows from those of others.
lake::PartitionValues OwnValues(const JobInstance& instance, const project::Output& output) {
  lake::PartitionValues values;
  for (const std::string& column : output.partition_by) {
    const auto constant = output.partition.find(column);
    const auto value = instance.values.find(column);
    if (constant != output.partition.end()) {
      values[column] = project::FillText(constant->second, instance.values);
    } else if (value != instance.values.end()) {
      values[column] = value->second.text;
    }
  }
  return values;
}

bool HasValues(const lake::AddFile& file, const lake::PartitionValues& values) {
  return std::ranges::all_of(values, [&](const auto& value) {
    const auto found = file.partition_values.find(value.first);
    return found != file.partition_values.end() && found->second == value.second;
  });
}

// Whether a stream's rows came less than `keep` ago.
bool HasJustCome(const JobInstance& instance, const lake::AddFile& file, Micros keep) {
  constexpr Micros kMicrosOfMilli = 1000;
  return instance.job->is_stream &&
         lake::ArrivalOf(std::span(&file, 1)) * kMicrosOfMilli + keep > Now();
}

std::int64_t RemoveOld(const JobInstance& instance, const project::Output& output,
                       Micros newest_end, const RowDays& days, lake::Warehouse& warehouse) {
  const lake::TableFolder folder = warehouse.FolderOf(output.table);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  const Micros keep = std::chrono::duration_cast<std::chrono::microseconds>(*output.keep).count();
  const Micros oldest = newest_end - keep;
  const lake::PartitionValues own = OwnValues(instance, output);
  std::vector<lake::AddFile> old;
  std::ranges::copy_if(snapshot.files, std::back_inserter(old), [&](const lake::AddFile& file) {
    return days.RangeOf(file, snapshot.metadata).end <= oldest && HasValues(file, own) &&
           !HasJustCome(instance, file, keep);
  });
  if (old.empty()) {
    return 0;
  }
  lake::Changes changes;
  changes.removes = lake::RemovalsOf(old, true);
  lake::CommitInfo origin;
  origin.job = instance.name();
  lake::DescribeOperation(changes, origin, {.operation = lake::kRetention, .parameters = {}}, {});
  return lake::CommitPlanned(warehouse, {.folder = folder, .snapshot = snapshot}, changes)
      .metrics.files_removed;
}

// How many files went; none of a table that somebody else changed meanwhile.
std::int64_t Shorten(const JobInstance& instance, const project::Output& output, Micros newest_end,
                     const RowDays& days, lake::Warehouse& warehouse) {
  try {
    return RemoveOld(instance, output, newest_end, days, warehouse);
  } catch (const ConflictError& problem) {
    LogInfo("{}: its old days stay for now: {}", output.table, problem.what());
    return 0;
  }
}

// Rows that wait to be sent aren't lost, however long the other side is away.
bool HasUnsent(const std::optional<SourceFacts>& source) { return source && source->unsent; }

}  // namespace

std::vector<ShortenedTable> DropOldDays(const std::vector<JobInstance>& instances,
                                        const std::set<std::size_t>& chosen, const PlanFacts& facts,
                                        lake::Warehouse& warehouse) {
  std::vector<ShortenedTable> shortened;
  for (const std::size_t i : chosen) {
    const JobInstance& instance = instances[i];
    const auto keeps = [](const project::Output& output) { return output.keep.has_value(); };
    if (std::ranges::none_of(instance.writes, keeps) || HasUnsent(facts.sources[i])) {
      continue;
    }
    const RowDays days(instance.job->schedule.time_zone);
    const auto newest = NewestEndOf(instance, facts.runs[i], days, warehouse);
    for (const project::Output& output : instance.writes) {
      if (!output.keep || !newest) {
        continue;
      }
      const std::int64_t removed = Shorten(instance, output, *newest, days, warehouse);
      if (removed > 0) {
        shortened.push_back({.table = output.table, .files_removed = removed});
      }
    }
  }
  return shortened;
}

}  // namespace weir::jobs
