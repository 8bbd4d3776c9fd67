#include "jobs/plan/plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "jobs/plan/coverage.h"
#include "jobs/plan/done_runs.h"
#include "jobs/plan/due.h"
#include "jobs/plan/left_out.h"
#include "jobs/plan/reading.h"
#include "jobs/plan/staleness.h"

namespace weir::jobs {
namespace {

// Where the runs of one instance stand in a list of planned runs.
using Positions = std::map<Interval, std::size_t>;

std::size_t NumEffects(const project::Job& job) {
  return static_cast<std::size_t>(std::ranges::count_if(job.steps, &project::Step::IsSink));
}

// "3 of 20 new files".
std::string NewFiles(const SourceFacts& source, std::int64_t batch_bytes) {
  const std::size_t all = source.new_inputs.size();
  const std::size_t taken = InputsOfBatch(source, batch_bytes);
  return (taken == all ? "" : fmt::format("{} of ", taken)) +
         fmt::format("{} new file{}", all, all == 1 ? "" : "s");
}

struct Candidate {
  Interval interval;
  Cause cause = Cause::kMissing;
  std::string why;
  bool now = true;  // false: only with --stale
  bool failed_before = false;
};

class Planner {
 public:
  Planner(const std::vector<JobInstance>& instances, const PlanFacts& facts,
          const PlanOptions& options)
      : instances_(instances),
        facts_(facts),
        options_(options),
        days_(options.only.value_or(AskedDays{})),
        coverage_(instances, facts),
        left_out_(instances, facts, coverage_),
        planned_(instances.size()),
        stale_(instances.size()) {
    for (const JobInstance& instance : instances) {
      tables_.emplace_back(instance, facts);
    }
  }

  Plan Make() {
    for (const std::size_t instance : options_.instances) {
      if (ReadsNow(instance)) {
        coverage_.PlanStream(instance);  // before those that wait for it, in whatever order
      }
    }
    PlanAll();
    // What a job reads of a later one's interval before may have been planned only now.
    for (std::size_t before = 0; before < plan_.runs.size() && ReadsLaterOnes();) {
      before = plan_.runs.size();
      PlanAll();
    }
    FillNeeds();
    return std::move(plan_);
  }

 private:
  void PlanAll() {
    plan_.waiting.clear();
    for (const std::size_t instance : options_.instances) {
      PlanInstance(instance);
    }
  }

  bool ReadsLaterOnes() const {
    for (std::size_t instance = 0; instance < instances_.size(); ++instance) {
      for (const InstanceInput& input : instances_[instance].reads) {
        if (std::ranges::any_of(input.writers, [&](const TableWriter& writer) {
              return input.input.previous && writer.instance > instance;
            })) {
          return true;
        }
      }
    }
    return false;
  }

  void PlanInstance(std::size_t instance) {
    const JobInstance& self = instances_[instance];
    const bool has_views_alone = self.job->steps.empty() && self.job->writes.empty();
    if (self.job->is_service || has_views_alone) {
      return;
    }
    if (self.job->is_stream) {
      PlanStream(instance);
      return;
    }
    if (self.job->schedule.cadence == project::Cadence::kManual && !options_.manual) {
      return;
    }
    if (instance < facts_.former.size()) {
      if (auto why = HeldByFormerRuns(self, facts_.former[instance], facts_)) {
        plan_.waiting.push_back({.instance = instance, .why = std::move(*why), .refused = true});
        return;
      }
    }
    const std::vector<Interval> due = Due(instance);
    std::vector<Candidate> candidates;
    for (const Interval& interval : due) {
      Consider(instance, interval, due, candidates);
    }
    CarryOn(instance, due, candidates);
    for (const Candidate& candidate : candidates) {
      Add(instance, candidate);
    }
  }

  bool ReadsNow(std::size_t instance) const {
    const auto& source = facts_.sources[instance];
    return instances_[instance].job->is_stream && source && !source->new_inputs.empty();
  }

  void PlanStream(std::size_t instance) {
    const auto& source = facts_.sources[instance];
    if (options_.force && source && !ReadsNow(instance) && !streams_.contains(instance)) {
      plan_.waiting.push_back(
          {.instance = instance,
           .why = "a stream reads everything once, and nothing is new; when the tables that it "
                  "writes are dropped it reads all again",
           .has_none = true});
    }
    if (!source || !ReadsNow(instance) || !streams_.insert(instance).second) {
      return;
    }
    Append(plan_.runs, instance,
           {.interval = NextBatch(facts_.runs[instance]),
            .cause = Cause::kStream,
            .why = NewFiles(*source, instances_[instance].job->batch_bytes),
            .now = true});
  }

  // What is due, by time and by the options.
  std::vector<Interval> Due(std::size_t instance) {
    DueIntervals due = DueOf(instances_, instance, facts_, coverage_);
    const bool by_clock = !due.intervals.empty() && !coverage_.First(instance);
    const Schedule& schedule = instances_[instance].schedule;
    if (by_clock && options_.manual &&
        !days_.first.empty()) {  // nothing says when it began: its user does
      due.intervals = schedule.Between(schedule.At(schedule.TimeOf(days_.first)).start, facts_.now);
    }
    TellWhatItWaitsFor(instance, due);
    left_out_.Leave(instance, NotAskedFor(instance, due.intervals));
    if (options_.only) {
      std::erase_if(due.intervals,
                    [&](const Interval& interval) { return !days_.Has(schedule.Day(interval)); });
    }
    const bool last_only =
        !options_.only && instances_[instance].job->catch_up == project::CatchUp::kLast;
    if (last_only && due.intervals.size() > 1) {
      due.intervals.erase(due.intervals.begin(), due.intervals.end() - 1);
    }
    return due.intervals;
  }

  // Those before the newest one that no option asks for.
  std::vector<Interval> NotAskedFor(std::size_t instance, std::vector<Interval> due) const {
    if (!due.empty()) {
      due.pop_back();
    }
    std::erase_if(due, [&](const Interval& interval) {
      return options_.only && days_.Has(instances_[instance].schedule.Day(interval));
    });
    return due;
  }

  void TellWhatItWaitsFor(std::size_t instance, const DueIntervals& due) {
    const JobInstance& self = instances_[instance];
    const auto is_asked = [&](const Interval& interval) {
      return days_.Has(self.schedule.Day(interval));
    };
    NotPlanned told{.instance = instance, .why = due.waits_for};
    told.has_none = std::ranges::none_of(due.intervals, is_asked);
    if (told.has_none && !due.intervals.empty()) {
      told.why = WhyNoneOf(self, due);
    } else if (const auto first = coverage_.First(instance);
               first && facts_.runs[instance].succeeded.empty()) {
      told.first = self.schedule.At(*first);
    } else if (!options_.only && !facts_.runs[instance].succeeded.empty()) {
      told.has_none = false;
      TellIfBehind(instance, due, told);
    }
    plan_.waiting.push_back(std::move(told));
  }

  // What is done is due no more where its inputs have no such intervals now: those of a table that
  // has another name, or another job, which hasn't run yet.
  void TellIfBehind(std::size_t instance, const DueIntervals& due, NotPlanned& told) const {
    const Interval& newest_done = facts_.runs[instance].succeeded.back().key.interval;
    told.is_behind = due.intervals.empty() || due.intervals.back() < newest_done;
    if (told.is_behind && !due.intervals.empty()) {
      const JobInstance& self = instances_[instance];
      told.why =
          fmt::format("its inputs go no further than {}, and it has done {}: {}",
                      self.Label(due.intervals.back()), self.Label(newest_done), due.waits_for);
    }
  }

  // Why none of the intervals that are due has its day among those that were asked for.
  std::string WhyNoneOf(const JobInstance& self, const DueIntervals& due) const {
    const Interval& oldest = due.intervals.front();
    const Interval& newest = due.intervals.back();
    if (!days_.last.empty() && days_.last < self.schedule.Day(oldest)) {
      return fmt::format("its first interval is {}", self.Label(oldest));
    }
    if (days_.first > self.schedule.Day(newest)) {
      return fmt::format("its newest interval is {}: {}", self.Label(newest), due.waits_for);
    }
    const Interval holds =
        self.schedule.At(self.schedule.TimeOf(days_.last.empty() ? days_.first : days_.last));
    return fmt::format("no interval has its last day there; {} has {}", self.Label(holds),
                       self.schedule.Day(holds));
  }

  bool IsLate(std::size_t instance, const Interval& interval, const Interval& newest) const {
    const auto& own = instances_[instance].job->late;
    return newest.end - interval.end > (own ? own->count() : facts_.late);
  }

  // Adds the interval to the candidates if it should run.
  void Consider(std::size_t instance, const Interval& interval, const std::vector<Interval>& due,
                std::vector<Candidate>& candidates) {
    if (planned_[instance].contains(interval)) {
      return;
    }
    auto candidate = Judge(instance, interval, due);
    if (!candidate) {
      return;
    }
    TellOfLastAttempt(instance, *candidate);
    if (const auto reason = MovedOn(instance, interval)) {
      if (options_.force) {
        throw UserError("{} of {} can't be run again: {}", instances_[instance].name(),
                        instances_[instance].Label(interval), *reason);
      }
      plan_.waiting.push_back(
          {.instance = instance, .interval = interval, .why = *reason, .is_past = true});
      return;
    }
    if (const auto reason = NotReady(instances_, instance, interval, facts_, coverage_)) {
      const auto left_out = left_out_.WhyFor(instance, interval);
      plan_.waiting.push_back({.instance = instance,
                               .interval = interval,
                               .why = left_out.value_or(*reason),
                               .is_left_out = left_out.has_value()});
      return;
    }
    coverage_.Plan(instance, interval);
    candidates.push_back(std::move(*candidate));
  }

  std::optional<Candidate> Judge(std::size_t instance, const Interval& interval,
                                 const std::vector<Interval>& due) const {
    const InstanceRuns& runs = facts_.runs[instance];
    const RunRecord* done = FindRun(runs.succeeded, interval);
    if (options_.force) {
      return Candidate{.interval = interval, .cause = Cause::kAsked, .why = "asked for"};
    }
    if (done == nullptr) {
      return Missing(FindRun(runs.unsuccessful, interval), interval);
    }
    if (auto lack = tables_[instance].Lack(*done)) {
      return Candidate{.interval = interval, .cause = Cause::kMissing, .why = std::move(*lack)};
    }
    if (done->recovered && done->sent.size() < NumEffects(*instances_[instance].job)) {
      return Candidate{.interval = interval,
                       .cause = Cause::kCrashed,
                       .why = "its process died before all was sent"};
    }
    const bool in_time = options_.stale || !IsLate(instance, interval, due.back());
    if (auto upstream = UpstreamPlanned(instance, interval, planned_)) {
      return Candidate{interval, Cause::kUpstream, std::move(*upstream), in_time};
    }
    if (auto reason = WhyStale(instances_, instance, *done, facts_)) {
      const bool now = options_.stale || reason->cause == Cause::kPrevious ||
                       (in_time && reason->cause != Cause::kCode);
      return Candidate{interval, reason->cause, std::move(reason->why), now};
    }
    if (auto upstream = UpstreamPlanned(instance, interval, stale_)) {
      return Candidate{interval, Cause::kUpstream, std::move(*upstream), false};
    }
    return std::nullopt;
  }

  // Of an interval that is done and whose newest run, of a newer generation, isn't.
  void TellOfLastAttempt(std::size_t instance, Candidate& candidate) const {
    const InstanceRuns& runs = facts_.runs[instance];
    const RunRecord* last = FindRun(runs.unsuccessful, candidate.interval);
    if (last == nullptr) {
      return;
    }
    const Candidate attempt = Missing(last, candidate.interval);
    candidate.failed_before = attempt.cause != Cause::kRunning;
    if (FindRun(runs.succeeded, candidate.interval) != nullptr) {
      candidate.why += fmt::format("; its newest run: {}", attempt.why);
    }
  }

  Candidate Missing(const RunRecord* last, const Interval& interval) const {
    if (last == nullptr) {
      return {.interval = interval, .cause = Cause::kMissing, .why = "missing"};
    }
    if (const auto work = facts_.at_work.find(last->key.id()); work != facts_.at_work.end()) {
      return {.interval = interval, .cause = Cause::kRunning, .why = "is running: " + work->second};
    }
    if (last->state == RunState::kRunning) {
      return {.interval = interval, .cause = Cause::kCrashed, .why = "its last run didn't end"};
    }
    const std::string error = last->error.substr(0, last->error.find('\n'));
    return {.interval = interval,
            .cause = Cause::kFailed,
            .why = last->state == RunState::kCancelled ? "cancelled"
                                                       : fmt::format("failed: {}", error)};
  }

  // Which planned run changes what the interval reads.
  std::optional<std::string> UpstreamPlanned(std::size_t instance, const Interval& interval,
                                             const std::vector<Positions>& positions) const {
    for (const InstanceInput& input : instances_[instance].reads) {
      for (const TableWriter& by : input.writers) {
        if (by.instance == instance || input.by_stream || !input.input.watch ||
            positions[by.instance].empty()) {
          continue;
        }
        if (const auto run = PlannedIn(instance, input, by, interval, positions[by.instance])) {
          return fmt::format("{} of {} runs again", instances_[by.instance].name(),
                             instances_[by.instance].Label(*run));
        }
      }
    }
    return std::nullopt;
  }

  // The first planned run of a writer whose rows or state the interval reads.
  std::optional<Interval> PlannedIn(std::size_t instance, const InstanceInput& input,
                                    const TableWriter& by, const Interval& interval,
                                    const Positions& positions) const {
    const Interval window = TimeRead(instances_, instance, input, by.instance, interval, facts_);
    auto run = positions.lower_bound({.start = window.start, .end = kAllOfTime.start});
    if (run != positions.begin() && std::prev(run)->first.end > window.start) {
      --run;  // a longer interval that ends in the window
    }
    for (; run != positions.end() && run->first.start < window.end; ++run) {
      if (run->first.end <= window.end) {
        return run->first;
      }
    }
    return std::nullopt;
  }

  // Why an older interval of an overwritten state is left alone.
  std::optional<std::string> MovedOn(std::size_t instance, const Interval& interval) const {
    if (!HasMovedOn(instances_, instance, interval, facts_)) {
      return std::nullopt;
    }
    const JobInstance& self = instances_[instance];
    const RunRecord& newest = facts_.runs[instance].succeeded.back();
    std::string moved =
        fmt::format("the state that it writes has moved on to {}", self.Label(newest.key.interval));
    if (!self.MergesState()) {
      return moved;
    }
    std::vector<std::string> drops;
    for (const project::Output& output : self.writes) {
      if (output.mode == project::OutputMode::kMerge) {
        drops.push_back(fmt::format("'weir table drop {} --yes'", output.table));
      }
    }
    return fmt::format("{}, and no state from before is kept: {} and 'weir run' make it anew",
                       moved, fmt::join(drops, ", "));
  }

  // A job that reads its own state or its own earlier intervals runs on from the first candidate,
  // begun where the state is still kept; so does one that merges, unless all candidates are newer
  // than what it has merged.
  void CarryOn(std::size_t instance, const std::vector<Interval>& due,
               std::vector<Candidate>& candidates) {
    const auto& done = facts_.runs[instance].succeeded;
    if (!ReadsItself(instance)) {
      const bool merges_again = instances_[instance].MergesState() && !candidates.empty() &&
                                !done.empty() &&
                                candidates.front().interval <= done.back().key.interval;
      if (!merges_again) {
        return;
      }
    }
    const auto first_now = std::ranges::find_if(candidates, &Candidate::now);
    if (first_now != candidates.end()) {
      const Interval from = BeginOfChain(instance, first_now->interval);
      for (Candidate& candidate : candidates) {
        candidate.now = candidate.now || candidate.interval >= from;
      }
      FillFrom(instance, from, due, candidates, true);
    } else if (!candidates.empty() && !options_.only) {
      FillFrom(instance, candidates.front().interval, due, candidates, false);
    }
  }

  // Makes every done interval from `from` on a candidate.
  void FillFrom(std::size_t instance, Interval from, const std::vector<Interval>& due,
                std::vector<Candidate>& candidates, bool now) {
    std::vector<Interval> all = due;
    for (const RunRecord& run : facts_.runs[instance].succeeded) {
      all.push_back(run.key.interval);
    }
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    for (const Interval& interval : all) {
      const bool is_new =
          interval >= from && !planned_[instance].contains(interval) &&
          FindRun(facts_.runs[instance].succeeded, interval) != nullptr &&
          std::ranges::find(candidates, interval, &Candidate::interval) == candidates.end();
      if (is_new) {
        candidates.push_back({.interval = interval,
                              .cause = Cause::kPrevious,
                              .why = "the interval before runs again",
                              .now = now});
      }
    }
    std::ranges::sort(candidates, {}, &Candidate::interval);
  }

  bool ReadsItself(std::size_t instance) const {
    return std::ranges::any_of(instances_[instance].reads, [&](const InstanceInput& input) {
      return input.input.previous && std::ranges::any_of(input.writers, [&](const auto& writer) {
               return writer.instance == instance;
             });
    });
  }

  // The newest interval up to `interval` before which a state was committed, or the first.
  Interval BeginOfChain(std::size_t instance, const Interval& interval) const {
    Interval begin = interval;
    while (StateIsGone(instance, begin)) {
      begin = instances_[instance].schedule.Previous(begin);
    }
    return begin;
  }

  // Whether a state that a run of the interval begins with isn't kept, but perhaps an earlier one.
  bool StateIsGone(std::size_t instance, const Interval& interval) const {
    const JobInstance& self = instances_[instance];
    const auto& done = facts_.runs[instance].succeeded;
    const auto own = OwnPreviousState(instances_, instance);
    if (own && ReadingOf(instances_, instance, self.reads[*own], interval, facts_).kind ==
                   ReadingKind::kGone) {
      return true;
    }
    const bool is_again = !done.empty() && done.front().key.interval < interval &&
                          interval <= done.back().key.interval;
    return is_again && std::ranges::any_of(self.writes, [&](const project::Output& output) {
             return output.mode == project::OutputMode::kMerge &&
                    StateBefore(output.table, done, interval, facts_).kind == ReadingKind::kGone;
           });
  }

  void Add(std::size_t instance, const Candidate& candidate) {
    if (candidate.now) {
      planned_[instance][candidate.interval] = plan_.runs.size();
      coverage_.Plan(instance, candidate.interval);
      stale_[instance].erase(candidate.interval);
      Append(plan_.runs, instance, candidate);
    } else if (!stale_[instance].contains(candidate.interval)) {
      stale_[instance][candidate.interval] = plan_.stale.size();
      Append(plan_.stale, instance, candidate);
    }
  }

  void Append(std::vector<PlannedRun>& list, std::size_t instance,
              const Candidate& candidate) const {
    PlannedRun run{.instance = instance, .interval = candidate.interval, .cause = candidate.cause};
    run.why = candidate.why;
    run.failed_before = candidate.failed_before;
    Estimate(facts_.runs[instance].succeeded, run);
    list.push_back(std::move(run));
  }

  static void Estimate(const std::vector<RunRecord>& done, PlannedRun& run) {
    constexpr std::size_t kLast = 5;
    const std::size_t count = std::min(kLast, done.size());
    if (count == 0) {
      return;
    }
    std::int64_t rows = 0;
    double seconds = 0;
    for (auto record = done.end() - static_cast<std::ptrdiff_t>(count); record != done.end();
         ++record) {
      rows += record->rows;
      seconds += record->seconds;
    }
    run.rows = rows / static_cast<std::int64_t>(count);
    run.seconds = seconds / static_cast<double>(count);
  }

  // Which runs come after which, once all are known.
  void FillNeeds() {
    for (std::size_t i = 0; i < plan_.runs.size(); ++i) {
      PlannedRun& run = plan_.runs[i];
      if (run.cause == Cause::kStream) {
        continue;
      }
      for (const InstanceInput& input : instances_[run.instance].reads) {
        for (const TableWriter& by : input.writers) {
          NeedWriter(run, input, by);
        }
      }
      FollowOwn(run);
      SetCommits(run);
    }
    SetChains();
  }

  void NeedWriter(PlannedRun& run, const InstanceInput& input, const TableWriter& by) {
    if (input.by_stream || (by.instance == run.instance && !input.input.previous)) {
      return;
    }
    const Interval window =
        TimeRead(instances_, run.instance, input, by.instance, run.interval, facts_);
    for (const auto& [interval, position] : planned_[by.instance]) {
      if (Overlap(interval, window)) {
        run.needs.push_back(position);
      }
    }
  }

  // Runs of one instance that write a state, here or outside, are in order, whatever becomes of
  // them.
  void FollowOwn(PlannedRun& run) {
    const JobInstance& instance = instances_[run.instance];
    const Positions& own = planned_[run.instance];
    const auto self = own.find(run.interval);
    if ((instance.WritesState() || instance.job->external_effects) && self != own.begin()) {
      run.follows.push_back(std::prev(self)->second);
    }
  }

  // A state is committed by the newest interval alone.
  void SetCommits(PlannedRun& run) {
    const auto& done = facts_.runs[run.instance].succeeded;
    const bool newer = std::ranges::any_of(
        done, [&](const RunRecord& record) { return record.key.interval > run.interval; });
    run.commits_state = !newer;
  }

  // Consecutive runs that don't commit their state hand it on to the next one. What has been merged
  // before is merged into the state of before, also if it is the newest alone.
  void SetChains() {
    for (std::size_t instance = 0; instance < instances_.size(); ++instance) {
      const bool merges = instances_[instance].MergesState();
      if (!OwnPreviousState(instances_, instance) && !merges) {
        continue;
      }
      std::optional<std::size_t> first;
      for (const auto& [interval, position] : planned_[instance]) {
        PlannedRun& run = plan_.runs[position];
        if (merges && !MayMergeAgain(instance, interval)) {
          continue;
        }
        const bool merged_before =
            merges && FindRun(facts_.runs[instance].succeeded, interval) != nullptr;
        if ((!run.commits_state || merged_before) && !first) {
          first = position;
        }
        if (first) {
          run.chain = first;
        }
        if (run.commits_state) {
          first.reset();
        }
      }
    }
  }

  bool MayMergeAgain(std::size_t instance, const Interval& interval) const {
    return OwnPreviousState(instances_, instance) ||
           CanMergeAgain(instances_[instance], facts_.runs[instance].succeeded, interval, facts_);
  }

  const std::vector<JobInstance>& instances_;
  const PlanFacts& facts_;
  const PlanOptions& options_;
  AskedDays days_;  // no limit if none were asked for
  Coverage coverage_;
  LeftOut left_out_;
  std::vector<WrittenTables> tables_;  // by instance
  std::vector<Positions> planned_;     // by instance, positions in plan_.runs
  std::vector<Positions> stale_;       // by instance, positions in plan_.stale
  std::set<std::size_t> streams_;      // whose batch is in the plan
  Plan plan_;
};

}  // namespace

Interval NextBatch(const InstanceRuns& runs) {
  Micros batch = 1;
  for (const RunRecord& run : runs.succeeded) {
    const bool again = FindRun(runs.unsuccessful, run.key.interval) != nullptr;
    if (IsBatch(run.key.interval)) {
      batch = std::max(batch, run.key.interval.start + (again ? 0 : 1));
    }
  }
  for (const RunRecord& run : runs.unsuccessful) {
    if (IsBatch(run.key.interval)) {
      batch = std::max(batch, run.key.interval.start);
    }
  }
  return {.start = batch, .end = batch};
}

Plan MakePlan(const std::vector<JobInstance>& instances, const PlanFacts& facts,
              const PlanOptions& options) {
  return Planner(instances, facts, options).Make();
}

}  // namespace weir::jobs
