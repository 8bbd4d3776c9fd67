#include "jobs/run/run_plan.h"

#include <algorithm>
#include <condition_variable>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "jobs/plan/staleness.h"
#include "jobs/run/stream_facts.h"

namespace weir::jobs {
namespace {

// Whether the run's commit stands: then its id is used up.
bool HasCommitted(const RunRecord& run) {
  return run.state == RunState::kSucceeded ||
         (run.state != RunState::kRunning &&
          std::ranges::any_of(run.outputs,
                              [](const OutputRecord& made) { return made.version >= 0; }));
}

enum class Progress : std::uint8_t { kWaiting, kRunning, kSucceeded, kNotSucceeded };

class PlanRunner {
 public:
  PlanRunner(const Plan& plan, PlanFacts& facts, RunServices& services, RunObserver& observer)
      : plan_(plan),
        facts_(facts),
        services_(services),
        observer_(observer),
        progress_(plan.runs.size(), Progress::kWaiting) {}

  RunPlanSummary Run(int parallel) {
    {
      std::vector<std::jthread> workers;
      for (int i = 1; i < parallel; ++i) {
        workers.emplace_back([this] { Work(); });
      }
      Work();
    }
    if (problem_) {
      std::rethrow_exception(problem_);
    }
    return std::move(summary_);
  }

 private:
  // Takes one run, or one chain, after the other until none is left.
  void Work() {
    try {
      std::unique_lock lock(mutex_);
      while (const auto first = Next(lock)) {
        const std::vector<std::size_t> unit = UnitOf(*first);
        for (const std::size_t run : unit) {
          progress_[run] = Progress::kRunning;
        }
        running_.insert(unit.front());
        lock.unlock();
        RunUnit(unit);
        lock.lock();
        running_.erase(unit.front());
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      problem_ = problem_ ? problem_ : std::current_exception();
      changed_.notify_all();
    }
  }

  // The first run that may begin; waits while others may still let one begin.
  std::optional<std::size_t> Next(std::unique_lock<std::mutex>& lock) {
    for (;;) {
      if (problem_ || services_.stop.stop_requested()) {
        return std::nullopt;
      }
      bool waiting = false;
      for (std::size_t run = 0; run < progress_.size(); ++run) {
        if (progress_[run] != Progress::kWaiting) {
          continue;
        }
        if (const auto failed = FailedNeed(run)) {
          Skip(run, *failed);
          continue;
        }
        if (MayBegin(run)) {
          return run;
        }
        waiting = true;
      }
      if (!waiting) {
        return std::nullopt;
      }
      if (std::ranges::find(progress_, Progress::kRunning) != progress_.end()) {
        changed_.wait(lock);
      }
    }
  }

  std::optional<std::size_t> FailedNeed(std::size_t run) const {
    for (const std::size_t member : UnitOf(run)) {
      for (const std::size_t need : plan_.runs[member].needs) {
        if (progress_[need] == Progress::kNotSucceeded) {
          return need;
        }
      }
    }
    return std::nullopt;
  }

  bool MayBegin(std::size_t run) const {
    const std::vector<std::size_t> unit = UnitOf(run);
    const auto inside = [&](std::size_t other) {
      return std::ranges::find(unit, other) != unit.end();
    };
    return !WouldCreateBesideAnother(run) && std::ranges::all_of(unit, [&](std::size_t member) {
      const PlannedRun& planned = plan_.runs[member];
      return std::ranges::all_of(planned.needs,
                                 [&](std::size_t need) {
                                   return progress_[need] == Progress::kSucceeded || inside(need);
                                 }) &&
             std::ranges::all_of(planned.follows, [&](std::size_t before) {
               return progress_[before] >= Progress::kSucceeded || inside(before);
             });
    });
  }

  // Of runs that write a table which isn't there the first makes it; the others wait, as only one
  // of them could commit.
  bool WouldCreateBesideAnother(std::size_t run) const {
    const auto writes = [&](std::size_t other, const std::string& table) {
      const auto& outputs = InstanceOf(other).writes;
      return std::ranges::find(outputs, table, &project::Output::table) != outputs.end();
    };
    return std::ranges::any_of(InstanceOf(run).writes, [&](const project::Output& output) {
      const auto facts = facts_.tables.find(output.table);
      if (facts != facts_.tables.end() && facts->second.latest >= 0) {
        return false;
      }
      return std::ranges::any_of(running_,
                                 [&](std::size_t other) { return writes(other, output.table); });
    });
  }

  // A run with the others of its chain, in order.
  std::vector<std::size_t> UnitOf(std::size_t run) const {
    const auto& chain = plan_.runs[run].chain;
    if (!chain) {
      return {run};
    }
    std::vector<std::size_t> unit;
    for (std::size_t other = 0; other < plan_.runs.size(); ++other) {
      if (plan_.runs[other].chain == chain) {
        unit.push_back(other);
      }
    }
    std::ranges::sort(unit, {}, [&](std::size_t other) { return plan_.runs[other].interval; });
    return unit;
  }

  void Skip(std::size_t run, std::size_t need) {
    progress_[run] = Progress::kNotSucceeded;
    ++summary_.skipped;
    End(run, RunEnd::kSkipped);
    const PlannedRun& planned = plan_.runs[need];
    const JobInstance& needed = services_.instances[planned.instance];
    observer_.OnSkip(
        InstanceOf(run), plan_.runs[run],
        fmt::format("{} of {} has not succeeded", needed.name(), needed.Label(planned.interval)));
    changed_.notify_all();
  }

  const JobInstance& InstanceOf(std::size_t run) const {
    return services_.instances[plan_.runs[run].instance];
  }

  void RunUnit(const std::vector<std::size_t>& unit) {
    ChainStates chain;
    std::string chain_id;
    std::optional<std::size_t> failed;
    for (const std::size_t run : unit) {
      if (failed) {
        const std::lock_guard lock(mutex_);
        Skip(run, *failed);
      } else if (!RunOne(run, chain, chain_id, unit.size() == 1)) {
        failed = run;
      }
    }
  }

  bool RunOne(std::size_t run, ChainStates& chain, std::string& chain_id, bool is_alone) {
    RunTask task;
    {
      const std::lock_guard lock(mutex_);
      if (is_alone && IsUnneeded(plan_.runs[run])) {
        progress_[run] = Progress::kSucceeded;
        ++summary_.unneeded;
        End(run, RunEnd::kDone);
        observer_.OnSkip(InstanceOf(run), plan_.runs[run], "what it reads is unchanged");
        return true;
      }
      task = TaskOf(plan_.runs[run]);
      if (plan_.runs[run].chain) {
        chain_id = chain_id.empty() ? KeyOf(task).id() : chain_id;
        task.chain = chain_id;
      }
      observer_.OnStart(InstanceOf(run), plan_.runs[run]);
    }
    const RunOutcome outcome = RunJob(task, services_, chain);
    const std::lock_guard lock(mutex_);
    return Note(run, outcome);
  }

  RunKey KeyOf(const RunTask& task) const {
    const JobInstance& instance = services_.instances[task.instance];
    return {.job = instance.job->name,
            .partition = instance.partition,
            .interval = task.interval,
            .generation = task.generation};
  }

  // Planned because something before it runs, which then changed nothing.
  bool IsUnneeded(const PlannedRun& planned) const {
    const RunRecord* done = FindRun(facts_.runs[planned.instance].succeeded, planned.interval);
    const bool is_guess = planned.cause == Cause::kUpstream || planned.cause == Cause::kPrevious;
    return is_guess && done != nullptr &&
           !WhyStale(services_.instances, planned.instance, *done, facts_);
  }

  RunTask TaskOf(const PlannedRun& planned) const {
    const JobInstance& instance = services_.instances[planned.instance];
    const InstanceRuns& runs = facts_.runs[planned.instance];
    RunTask task{.instance = planned.instance, .interval = planned.interval};
    task.code_hash = facts_.code_hashes[planned.instance];
    task.why = planned.why;
    task.commits_state = planned.commits_state;
    if (const RunRecord* newest = FindNewestRun(runs, planned.interval)) {
      task.generation = newest->key.generation + (HasCommitted(*newest) ? 1 : 0);
    }
    for (const InstanceInput& input : instance.reads) {
      task.readings.push_back(
          ReadingOf(services_.instances, planned.instance, input, planned.interval, facts_));
    }
    for (const project::Output& output : instance.writes) {
      if (output.mode == project::OutputMode::kMerge) {
        task.merged_before[output.table] =
            StateBefore(output.table, runs.succeeded, planned.interval, facts_);
      }
    }
    if (const auto& source = facts_.sources[planned.instance]) {
      for (const auto& [step, days] : source->digests) {
        task.source_digests[step] = source->DigestOf(step, instance.schedule.Day(planned.interval),
                                                     instance.schedule.Hour(planned.interval));
      }
    }
    const std::size_t last_runs = RunsThatChecksLookBackOn(*instance.job);
    for (auto run = runs.succeeded.rbegin(); run != runs.succeeded.rend(); ++run) {
      if (run->key.interval < planned.interval && task.last_checks.size() < last_runs) {
        task.last_checks.push_back(run->checks);
      }
    }
    if (instance.job->is_stream && facts_.sources[planned.instance]) {
      const SourceFacts& source = *facts_.sources[planned.instance];
      task.finished = ReadInputsOf(runs, source.dropped);
      task.sent_batches = SentBatchesOf(runs);
      AddBeyondBatch(source, instance.job->batch_bytes, task.finished);
    }
    return task;
  }

  static std::size_t RunsThatChecksLookBackOn(const project::Job& job) {
    int most = 0;
    for (const project::Check& check : job.checks) {
      most = check.max_change ? std::max(most, check.last_runs) : most;
    }
    return static_cast<std::size_t>(most);
  }

  // New inputs that a later batch takes: at least one is left to this one.
  static void AddBeyondBatch(const SourceFacts& source, std::int64_t batch_bytes,
                             std::set<std::string>& finished) {
    const std::size_t taken = InputsOfBatch(source, batch_bytes);
    for (std::size_t i = taken; i < source.new_inputs.size(); ++i) {
      finished.insert(source.new_inputs[i].identity);
    }
  }

  void End(std::size_t run, RunEnd end) {
    summary_.ends[{plan_.runs[run].instance, plan_.runs[run].interval}] = end;
  }

  // Returns whether the run is done.
  bool Note(std::size_t run, const RunOutcome& outcome) {
    const bool done =
        outcome.result == RunResult::kDoneByOther ||
        (outcome.result == RunResult::kRan && outcome.record.state == RunState::kSucceeded);
    progress_[run] = done ? Progress::kSucceeded : Progress::kNotSucceeded;
    summary_.succeeded += done ? 1 : 0;
    summary_.held += outcome.result == RunResult::kHeld ? 1 : 0;
    summary_.failed += !done && outcome.result == RunResult::kRan ? 1 : 0;
    const RunEnd undone = outcome.result == RunResult::kHeld ? RunEnd::kHeld : RunEnd::kFailed;
    End(run, done ? RunEnd::kDone : undone);
    if (outcome.failed_outside) {
      summary_.failed_outside.insert(outcome.record.key.id());
    }
    for (const auto& [step, rows] : outcome.shown) {
      summary_.shown[fmt::format("{}.{}", InstanceOf(run).name(), step)] = rows;
    }
    if (outcome.result != RunResult::kHeld) {
      summary_.records.push_back(outcome.record);
      Remember(plan_.runs[run].instance, outcome.record);
    }
    observer_.OnEnd(InstanceOf(run), outcome);
    return done;
  }

  static void Put(std::vector<RunRecord>& by_interval, const RunRecord& record) {
    const auto place =
        std::ranges::lower_bound(by_interval, record.key.interval, {},
                                 [](const RunRecord& other) { return other.key.interval; });
    if (place != by_interval.end() && place->key.interval == record.key.interval) {
      *place = record;
    } else {
      by_interval.insert(place, record);
    }
  }

  void Remember(std::size_t instance, const RunRecord& record) {
    InstanceRuns& runs = facts_.runs[instance];
    if (record.state != RunState::kSucceeded) {
      Put(runs.unsuccessful, record);
      return;
    }
    std::erase_if(runs.unsuccessful, [&](const RunRecord& other) {
      return other.key.interval == record.key.interval;
    });
    Put(runs.succeeded, record);
    const JobInstance& writer = services_.instances[instance];
    for (const project::Output& output : writer.writes) {
      const OutputRecord* made = OutputOf(record, output.table);
      TableFacts& table = facts_.tables[output.table];
      if (made != nullptr && made->version > table.latest) {
        table.latest = made->version;
        table.id = made->table_id.empty() ? table.id : made->table_id;
        table.touches.push_back(TouchOf(writer, output, record.key.interval, made->version));
      }
    }
  }

  const Plan& plan_;
  PlanFacts& facts_;
  RunServices& services_;
  RunObserver& observer_;
  std::mutex mutex_;  // guards what follows, `facts_` and calls of the observer
  std::condition_variable changed_;
  std::vector<Progress> progress_;
  std::set<std::size_t> running_;  // the first of each unit that runs
  RunPlanSummary summary_;
  std::exception_ptr problem_;
};

}  // namespace

Touch TouchOf(const JobInstance& instance, const project::Output& output, const Interval& interval,
              std::int64_t version) {
  Touch touch{.version = version};
  const bool by_day = output.mode == project::OutputMode::kReplace;
  if (by_day) {
    const bool is_long = interval.end - interval.start > kDay + kDay / 2;  // its last day
    touch.range = is_long
                      ? Interval{.start = instance.schedule.TimeOf(instance.schedule.Day(interval)),
                                 .end = interval.end}
                      : interval;
  }
  const auto partition = instance.values.find(instance.job->per);
  if (partition != instance.values.end()) {
    touch.values[instance.job->per] = partition->second.text;
  }
  return touch;
}

RunPlanSummary RunPlan(const Plan& plan, PlanFacts& facts, RunServices& services, int parallel,
                       RunObserver& observer) {
  return PlanRunner(plan, facts, services, observer).Run(parallel);
}

}  // namespace weir::jobs
