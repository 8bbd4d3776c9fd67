#include "jobs/plan/reading.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "jobs/plan/done_runs.h"

namespace weir::jobs {
namespace {

constexpr auto kIntervalOf = [](const RunRecord& run) { return run.key.interval; };

Interval LastEndedBy(const Schedule& schedule, Micros time) {
  const Interval last = schedule.At(time - 1);
  return last.end <= time ? last : schedule.Previous(last);
}

// `window` back from `end`: in whole days of the schedule's zone where it can be, so that a day of
// 23 hours is one day.
Micros WindowStart(const JobInstance& instance, const Interval& last, Micros window) {
  const bool in_days =
      window % kDay == 0 && instance.job->schedule.cadence == project::Cadence::kDaily;
  if (!in_days) {
    return last.end - window;
  }
  Interval first = last;
  for (Micros days = window / kDay; days > 1; --days) {
    first = instance.schedule.Previous(first);
  }
  return first.start;
}

// A state table whose older versions may be gone, with people who were forgotten. An erasure takes
// the place of the state that it erased from: its run has `oldest` then.
class StateTable {
 public:
  StateTable(const std::string& name, const std::vector<RunRecord>& runs, const PlanFacts& facts)
      : name_(name) {
    const auto known = facts.tables.find(name);
    table_ = known == facts.tables.end() ? nullptr : &known->second;
    oldest_ = table_ == nullptr ? 0 : table_->oldest;
    if (oldest_ == 0) {
      return;  // as nearly always: nothing is gone
    }
    bool has_oldest = false;
    for (const RunRecord& run : runs) {
      const std::int64_t version = Written(run);
      has_oldest = has_oldest || version == oldest_;
      newest_before_ = version < oldest_ ? std::max(newest_before_, version) : newest_before_;
    }
    newest_before_ = has_oldest ? -1 : newest_before_;
  }

  const std::string& name() const { return name_; }

  // The version that has the state which a run wrote; -1 if none has.
  std::int64_t VersionOf(const RunRecord& run) const {
    const std::int64_t version = Written(run);
    if (version >= oldest_ || version < 0) {
      return version;
    }
    return version == newest_before_ ? oldest_ : -1;
  }

 private:
  std::int64_t Written(const RunRecord& run) const {
    const OutputRecord* output = OutputOf(run, name_);
    const bool is_there =
        output != nullptr && (table_ == nullptr || IsStillThere(*output, *table_));
    return is_there ? output->version : -1;
  }

  const std::string& name_;
  const TableFacts* table_ = nullptr;
  std::int64_t oldest_ = 0;
  std::int64_t newest_before_ = -1;  // of the versions that runs wrote before the oldest one
};

// The newest state that a run of `interval` or a later one wrote by itself.
const RunRecord* OwnOrNewerState(const std::vector<RunRecord>& runs, const StateTable& table,
                                 const Interval& interval) {
  for (const RunRecord& run : runs) {
    if (run.key.interval.start >= interval.start && table.VersionOf(run) >= 0) {
      return &run;
    }
  }
  return nullptr;
}

Reading PreviousState(const RunRecord* run, const StateTable& table) {
  if (run == nullptr) {
    return {.kind = ReadingKind::kEmpty};
  }
  const std::int64_t version = table.VersionOf(*run);
  if (version < 0) {
    return {.kind = ReadingKind::kGone, .writer_run = run->key.id()};
  }
  return {.kind = ReadingKind::kVersion, .version = version, .writer_run = run->key.id()};
}

// StateInterval's; behind the writer's last end the last that it has, or has done.
Interval StateWanted(const JobInstance& writer, const std::vector<RunRecord>& runs,
                     const project::Input& input, const Interval& interval) {
  const Interval wanted = StateInterval(writer, input, interval);
  if (wanted.end <= writer.last_end) {
    return wanted;
  }
  const Interval last = LastEndedBy(writer.schedule, writer.last_end);
  const auto newer = std::ranges::upper_bound(runs, wanted, {}, kIntervalOf);
  return newer == runs.begin() ? last : std::max(last, std::prev(newer)->key.interval);
}

Reading StateOf(const JobInstance& writer, const std::vector<RunRecord>& runs,
                const project::Input& input, const Interval& interval, const PlanFacts& facts) {
  const StateTable table(input.table, runs, facts);
  const Interval wanted = StateWanted(writer, runs, input, interval);
  if (input.previous) {
    return PreviousState(FindRun(runs, wanted), table);
  }
  const RunRecord* run = OwnOrNewerState(runs, table, wanted);
  if (run == nullptr) {
    return {.kind = ReadingKind::kEmpty};
  }
  Reading reading = PreviousState(run, table);
  if (run->key.interval != wanted) {
    reading.note = fmt::format("the state of {}: {} has none of its own",
                               writer.Label(run->key.interval), writer.Label(wanted));
  }
  return reading;
}

// Of a table that several instances write parts of: the version that has them all.
Reading Newer(const Reading& left, const Reading& right) {
  if (left.kind == ReadingKind::kGone || right.kind == ReadingKind::kEmpty) {
    return left;
  }
  return left.kind == ReadingKind::kEmpty || right.kind == ReadingKind::kGone ||
                 right.version > left.version
             ? right
             : left;
}

// StateInterval's, or where that has moved on, the next newer one that is done and has its state in
// the table; the newest if none has.
Interval StateToRead(const std::vector<JobInstance>& instances, std::size_t writer,
                     const project::Input& input, const Interval& interval,
                     const PlanFacts& facts) {
  const auto& done = facts.runs[writer].succeeded;
  const Interval wanted = StateWanted(instances[writer], done, input, interval);
  const WrittenTables tables(instances[writer], facts);
  const RunRecord* own = FindRun(done, wanted);
  if (input.previous || (own != nullptr && !tables.Lack(*own)) ||
      !HasMovedOn(instances, writer, wanted, facts)) {
    return wanted;
  }
  const auto newer =
      std::ranges::find_if(std::ranges::upper_bound(done, wanted, {}, kIntervalOf), done.end(),
                           [&](const RunRecord& run) { return !tables.Lack(run); });
  return newer == done.end() ? done.back().key.interval : newer->key.interval;
}

}  // namespace

Interval WindowOf(const JobInstance& instance, const project::Input& input,
                  const Interval& interval) {
  if (input.previous) {
    const bool all = !input.window || *input.window == project::kAllTime;
    return {.start = all ? kAllOfTime.start
                         : WindowStart(instance, instance.schedule.Previous(interval),
                                       input.window->count()),
            .end = interval.start};
  }
  if (!input.window) {
    return interval;
  }
  const bool all = *input.window == project::kAllTime;
  return {.start = all ? kAllOfTime.start : WindowStart(instance, interval, input.window->count()),
          .end = interval.end};
}

Interval StateInterval(const JobInstance& writer, const project::Input& input,
                       const Interval& interval) {
  return LastEndedBy(writer.schedule, input.previous ? interval.start : interval.end);
}

Reading StateBefore(const std::string& table, const std::vector<RunRecord>& runs,
                    const Interval& interval, const PlanFacts& facts) {
  const StateTable states(table, runs, facts);
  const auto from = std::ranges::lower_bound(runs, interval, {}, kIntervalOf);
  if (from != runs.begin()) {
    return PreviousState(&*std::prev(from), states);
  }
  const auto known = facts.tables.find(table);
  const bool is_kept = known == facts.tables.end() || known->second.oldest == 0;
  return {.kind = is_kept ? ReadingKind::kEmpty : ReadingKind::kGone};
}

bool CanMergeAgain(const JobInstance& writer, const std::vector<RunRecord>& runs,
                   const Interval& interval, const PlanFacts& facts) {
  return std::ranges::all_of(writer.writes, [&](const project::Output& output) {
    if (output.mode != project::OutputMode::kMerge) {
      return true;
    }
    Interval begin = interval;
    Reading before = StateBefore(output.table, runs, begin, facts);
    while (before.kind == ReadingKind::kGone && runs.front().key.interval < begin) {
      begin = writer.schedule.Previous(begin);
      before = StateBefore(output.table, runs, begin, facts);
    }
    return before.kind != ReadingKind::kGone;
  });
}

bool HasMovedOn(const std::vector<JobInstance>& instances, std::size_t instance,
                const Interval& interval, const PlanFacts& facts) {
  const JobInstance& self = instances[instance];
  const auto& done = facts.runs[instance].succeeded;
  const bool is_older = !done.empty() && done.back().key.interval > interval;
  if (!is_older || !self.WritesState() || OwnPreviousState(instances, instance)) {
    return false;
  }
  return self.MergesState() ? !CanMergeAgain(self, done, interval, facts) : !self.WritesIntervals();
}

bool ReadsIntervals(const std::vector<JobInstance>& instances, const InstanceInput& input,
                    const PlanFacts& facts) {
  if (!input.writers.empty()) {
    const TableWriter& writer = input.writers.front();
    return instances[writer.instance].writes[writer.output].IsIntervalTable();
  }
  const auto table = facts.tables.find(input.input.table);
  return table != facts.tables.end() && table->second.has_intervals;
}

Interval TimeRead(const std::vector<JobInstance>& instances, std::size_t reader,
                  const InstanceInput& input, std::size_t writer, const Interval& interval,
                  const PlanFacts& facts) {
  return ReadsIntervals(instances, input, facts)
             ? WindowOf(instances[reader], input.input, interval)
             : StateToRead(instances, writer, input.input, interval, facts);
}

Reading ReadingOf(const std::vector<JobInstance>& instances, std::size_t instance,
                  const InstanceInput& input, const Interval& interval, const PlanFacts& facts) {
  if (instances[instance].job->is_stream) {
    return {.kind = ReadingKind::kLatest};  // a batch has no interval
  }
  if (ReadsIntervals(instances, input, facts)) {
    return {.kind = ReadingKind::kWindow,
            .window = WindowOf(instances[instance], input.input, interval)};
  }
  if (input.writers.empty()) {
    return {.kind = ReadingKind::kLatest};
  }
  Reading reading{.kind = ReadingKind::kEmpty};
  for (const TableWriter& writer : input.writers) {
    reading =
        Newer(reading, StateOf(instances[writer.instance], facts.runs[writer.instance].succeeded,
                               input.input, interval, facts));
  }
  return reading;
}

}  // namespace weir::jobs
