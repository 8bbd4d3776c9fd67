// Random projects, random histories: after every plan has been carried out, the tables hold what
// one obvious run from scratch computes from the final inputs. Rows are stood in for by one number
// a day, so that thousands of histories take seconds; which version a run reads, what is stale and
// what a chain is are the planner's own.
#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_seed.h"
#include "jobs/plan/plan.h"
#include "jobs/plan/reading.h"

namespace weir::jobs {
namespace {

constexpr Micros kStart = 20'458 * kDay;  // 2026-01-05
constexpr auto kStateReader = "by_day";

using Value = std::uint64_t;
using Days = std::map<Micros, Value>;  // by start of the day

Value Mix(Value left, Value right) {
  left ^= right + 0x9E3779B97F4A7C15ULL + (left << 6U) + (left >> 2U);
  return left * 0xBF58476D1CE4E5B9ULL;
}

Value HashOf(const Days& rows) {
  Value value = 7;
  for (const auto& [key, number] : rows) {
    value = Mix(Mix(value, static_cast<Value>(key)), number);
  }
  return value;
}

// What a run merges: which keys depends on what it read, so that others of before must go.
void MergeInto(Days& rows, Micros day, Value value) {
  constexpr Value kKeys = 7;
  rows[static_cast<Micros>(value % kKeys)] = value;
  rows[100 + day / kDay % 3] = Mix(value, 1);
}

Interval DayAt(Micros start) { return {.start = start, .end = start + kDay}; }

// A table with all its versions, as slow and obvious as can be.
struct ModelTable {
  std::vector<Days> versions;  // of interval tables
  std::vector<Value> states;   // of state tables
  std::vector<Days> merged;    // of state tables that are merged into: values by key
  std::vector<Touch> touches;

  std::int64_t latest() const {
    return std::ssize(versions.empty() ? std::vector<Days>(states.size()) : versions) - 1;
  }
  void SetDay(Micros day, Value value) {
    Days days = versions.empty() ? Days{} : versions.back();
    days[day] = value;
    versions.push_back(days);
    touches.push_back({.version = std::ssize(versions) - 1, .range = DayAt(day)});
  }
  void SetState(Value value) {
    states.push_back(value);
    touches.push_back({.version = std::ssize(states) - 1});
  }
  void SetMerged(const Days& rows) {
    merged.push_back(rows);
    SetState(HashOf(rows));
  }
  void Optimize() {
    if (!merged.empty()) {
      merged.push_back(merged.back());
    }
    versions.empty() ? states.push_back(states.back()) : versions.push_back(versions.back());
  }
};

// Who does what in a random project.
struct ModelJob {
  project::Job job;
  Value code = 1;
  bool is_exact = true;  // false: its rows depend on which older states there ever were
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    num_externals_ = 1 + Below(2);
    const std::size_t num_jobs = 5 + Below(4);
    for (std::size_t i = 0; i < num_jobs; ++i) {
      AddJob(i);
    }
    AddStateReader();
    for (ModelJob& model : models_) {
      project_.jobs.push_back(model.job);
    }
    project_.partitions["region"] = {"amer", "emea"};
    instances_ = MakeInstances(project_);
    facts_.runs.resize(instances_.size());
    facts_.sources.resize(instances_.size());
    facts_.late = 2 * kDay;
    for (const JobInstance& instance : instances_) {
      for (const project::Output& output : instance.writes) {
        tables_[output.table];
      }
    }
    for (std::size_t i = 0; i < num_externals_; ++i) {
      tables_[External(i)].SetDay(kStart, Below(1000));
    }
  }

  // One step of history.
  void Live() {
    switch (Below(9)) {
      case 0:
      case 1:
        NewDay();
        break;
      case 2:
        LateData();
        break;
      case 3:
        ChangeCode();
        break;
      case 4:
        OptimizeOne();
        break;
      case 5:
        Below(3) == 0 ? RenameTable() : LateData();
        break;
      default:
        RunOnce(Below(4) == 0, 15);
    }
  }

  // Runs without failures until nothing is left. Returns how many plans that took.
  int Settle() {
    constexpr int kMostPlans = 60;
    for (int plans = 1; plans < kMostPlans; ++plans) {
      if (RunOnce(true, 0) == 0) {
        return plans;
      }
    }
    return kMostPlans;
  }

  // What a run from scratch computes; the tables must hold it.
  void ExpectAsFromScratch() {
    std::map<std::string, Days> days;
    std::map<std::string, Value> states;
    for (std::size_t i = 0; i < num_externals_; ++i) {
      days[External(i)] = tables_[External(i)].versions.back();
    }
    const Micros end = days[External(0)].rbegin()->first;
    for (const JobInstance& instance : instances_) {
      Scratch(instance, end, days, states);
      const project::Output& output = instance.writes.front();
      const ModelTable& table = tables_[output.table];
      if (!ModelOf(instance).is_exact) {
        if (output.IsIntervalTable()) {
          EXPECT_EQ(Keys(table.versions.empty() ? Days{} : table.versions.back()),
                    Keys(days[output.table]))
              << instance.name() << " waits for ever";
        }
        if (instance.job->name == kStateReader) {
          ExpectOfKeptStates(instance, end);
        }
      } else if (output.IsIntervalTable()) {
        EXPECT_EQ(table.versions.empty() ? Days{} : table.versions.back(), days[output.table])
            << instance.name();
      } else if (!table.states.empty() || states.contains(output.table)) {
        ASSERT_FALSE(table.states.empty()) << instance.name();
        EXPECT_EQ(table.states.back(), states[output.table]) << instance.name();
      }
    }
  }

  std::map<std::string, int> coverage;

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  static std::string External(std::size_t i) { return fmt::format("raw.e{}", i); }

  static std::set<Micros> Keys(const Days& days) {
    std::set<Micros> keys;
    for (const auto& [day, value] : days) {
      keys.insert(day);
    }
    return keys;
  }

  const ModelJob& ModelOf(const JobInstance& instance) const {
    return *std::ranges::find_if(
        models_, [&](const ModelJob& known) { return known.job.name == instance.job->name; });
  }

  // States are read by jobs that keep a state, by themselves, and by some interval jobs: these have
  // a row for every day, but which one depends on the states that were committed, as a failed day
  // of a state, and the older days of a chain, leave none.
  void AddJob(std::size_t number) {
    project::Job job;
    job.name = fmt::format("j{}", number);
    job.domain = "d";
    // Each kind at least once.
    const std::size_t kind = number < 3 ? number : number == 4 ? 4 : Below(5);
    const bool per = number == 3 || Below(5) == 0;
    job.per = per ? "region" : "";
    project::Output output;
    output.table = fmt::format("d.t{}{}", number, per ? "_{region}" : "");
    output.from = "x";
    output.mode =
        kind == 1 || kind == 2 ? project::OutputMode::kOverwrite : project::OutputMode::kReplace;
    if (kind == 4) {
      output.mode = project::OutputMode::kMerge;
      ++coverage["merge"];
    }
    if (kind == 1) {
      job.reads.emplace_back();
      job.reads.back().name = "own";
      job.reads.back().table = output.table;
      job.reads.back().previous = true;
      ++coverage["previous"];
    }
    const std::size_t reads = 1 + Below(2);
    for (std::size_t i = 0; i < reads; ++i) {
      job.reads.push_back(RandomInput(i, number, kind == 2 || kind == 3, job.per));
    }
    coverage["per"] += per ? 1 : 0;
    job.writes.push_back(output);
    job.schedule.cadence = project::Cadence::kDaily;
    models_.push_back({.job = job, .is_exact = IsExact(job)});
    coverage["interval reads state"] += kind == 3 && !models_.back().is_exact ? 1 : 0;
  }

  // A job with a row a day of j1's state, which a chain keeps of its newest day alone.
  void AddStateReader() {
    const project::Job& state = models_[1].job;
    project::Job job;
    job.name = kStateReader;
    job.domain = "d";
    job.per = state.per;
    job.reads.emplace_back();
    job.reads.back().name = "state";
    job.reads.back().table = state.writes.front().table;
    project::Output output;
    output.table = state.per.empty() ? "d.by_day" : "d.by_day_{region}";
    output.from = "x";
    output.mode = project::OutputMode::kReplace;
    job.writes.push_back(output);
    job.schedule.cadence = project::Cadence::kDaily;
    models_.push_back({.job = job, .is_exact = false});
  }

  // Each day has the row that the state of that day gives, or of the next newer one if the day's
  // own was never committed.
  void ExpectOfKeptStates(const JobInstance& instance, Micros end) {
    const InstanceInput& input = instance.reads.front();
    const std::string& table = input.input.table;
    const Days& states = states_by_day_[table];
    const Days& rows = tables_[instance.writes.front().table].versions.back();
    std::optional<Micros> kept;
    for (Micros day = end; day >= kStart; day -= kDay) {
      const RunRecord* run =
          FindRun(facts_.runs[input.writers.front().instance].succeeded, DayAt(day));
      kept = run != nullptr && OutputOf(*run, table)->version >= 0 ? day : kept;
      ASSERT_TRUE(kept) << table << " has no state of its newest day";
      EXPECT_EQ(rows.at(day), RowOf(instance, day, states.at(*kept))) << instance.name();
      coverage["newer state read"] += *kept > day ? 1 : 0;
    }
  }

  Value RowOf(const JobInstance& instance, Micros day, Value state) const {
    return Mix(Mix(CodeOf(instance), static_cast<Value>(day)), state);
  }

  bool IsExact(const project::Job& job) const {
    const bool has_intervals = job.writes.front().IsIntervalTable();
    return std::ranges::none_of(models_, [&](const ModelJob& other) {
      const project::Output& output = other.job.writes.front();
      const bool reads = std::ranges::any_of(
          job.reads, [&](const project::Input& input) { return input.table == output.table; });
      return reads && (!other.is_exact || (has_intervals && !output.IsIntervalTable()));
    });
  }

  project::Input RandomInput(std::size_t i, std::size_t number, bool reads_states,
                             const std::string& per) {
    project::Input input;
    input.name = fmt::format("i{}", i);
    input.table = External(Below(num_externals_));
    std::vector<std::string> tables;
    for (std::size_t other = 0; other < number; ++other) {
      const project::Job& job = models_[other].job;
      const bool same_per = job.per.empty() || job.per == per;
      if (same_per && (reads_states || job.writes.front().IsIntervalTable())) {
        tables.push_back(job.writes.front().table);
      }
    }
    if (!tables.empty() && Below(4) != 0) {
      input.table = tables[Below(tables.size())];
    }
    if (Below(2) == 0) {
      input.window = std::chrono::microseconds(static_cast<Micros>(1 + Below(3)) * kDay);
      coverage["window"] += input.window->count() > kDay ? 1 : 0;
    }
    return input;
  }

  void NewDay() {
    for (std::size_t i = 0; i < num_externals_; ++i) {
      ModelTable& table = tables_[External(i)];
      table.SetDay(table.versions.back().rbegin()->first + kDay, Below(1000));
    }
  }

  void LateData() {
    ModelTable& table = tables_[External(Below(num_externals_))];
    auto day = table.versions.back().begin();
    std::advance(day, Below(table.versions.back().size()));
    table.SetDay(day->first, Below(1'000'000));
    ++coverage["late data"];
  }

  void ChangeCode() {
    ++models_[Below(models_.size())].code;
    ++coverage["code change"];
  }

  // Of a job and of all that read it.
  void RenameTable() {
    const std::string old = models_[Below(models_.size())].job.writes.front().table;
    const std::string named = fmt::format("d.n{}_{}", ++renames_, old.substr(2));
    for (std::size_t i = 0; i < models_.size(); ++i) {
      project::Job& job = models_[i].job;
      job.writes.front().table = job.writes.front().table == old ? named : job.writes.front().table;
      for (project::Input& input : job.reads) {
        input.table = input.table == old ? named : input.table;
      }
      project_.jobs[i] = job;
    }
    instances_ = MakeInstances(project_);
    for (const JobInstance& instance : instances_) {
      tables_[instance.writes.front().table];
    }
    ++coverage["renamed table"];
  }

  void OptimizeOne() {
    auto table = tables_.begin();
    std::advance(table, Below(tables_.size()));
    if (table->second.latest() >= 0) {
      table->second.Optimize();
    }
  }

  Value CodeOf(const JobInstance& instance) const {
    return Mix(ModelOf(instance).code, std::hash<std::string>{}(instance.name()));
  }

  void LookAtTables() {
    facts_.tables.clear();
    facts_.code_hashes.clear();
    for (const auto& [name, table] : tables_) {
      TableFacts facts{.latest = table.latest(), .has_intervals = name.starts_with("raw.")};
      if (facts.has_intervals) {
        const Days& days = table.versions.back();
        facts.extent = {.start = days.begin()->first, .end = days.rbegin()->first + kDay};
      }
      facts.touches = table.touches;
      facts_.tables[name] = facts;
    }
    for (const JobInstance& instance : instances_) {
      facts_.code_hashes.push_back(std::to_string(CodeOf(instance)));
    }
  }

  // Makes a plan and carries it out; each run fails with `percent`. Returns the length of the plan.
  std::size_t RunOnce(bool stale, std::size_t percent) {
    LookAtTables();
    PlanOptions options{.stale = stale};
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (percent == 0 || Below(6) != 0) {
        options.instances.insert(i);
      }
    }
    const Plan plan = MakePlan(instances_, facts_, options);
    std::vector<bool> done(plan.runs.size(), false);
    std::map<std::size_t, Value> handed_on;
    std::set<std::size_t> broken;  // chains, of which the rest isn't run
    merging_.clear();
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      const PlannedRun& run = plan.runs[i];
      const bool ready = std::ranges::all_of(run.needs, [&](std::size_t need) {
        EXPECT_LT(need, i);
        return done[need];
      });
      if (ready && !(run.chain && broken.contains(*run.chain))) {
        done[i] = Execute(run, Below(100) >= percent, handed_on);
      }
      if (run.chain && !done[i]) {
        broken.insert(*run.chain);
      }
      const bool merges = instances_[run.instance].MergesState();
      coverage[merges ? "merged again" : "chain"] += run.chain ? 1 : 0;
    }
    return plan.runs.size();
  }

  bool Execute(const PlannedRun& planned, bool succeeds, std::map<std::size_t, Value>& handed_on) {
    const JobInstance& instance = instances_[planned.instance];
    InstanceRuns& runs = facts_.runs[planned.instance];
    RunRecord record;
    record.key = {.job = instance.job->name,
                  .partition = instance.partition,
                  .interval = planned.interval,
                  .generation = 1};
    if (const RunRecord* before = FindNewestRun(runs, planned.interval)) {
      record.key.generation = before->key.generation + 1;
    }
    record.code_hash = facts_.code_hashes[planned.instance];
    record.state = succeeds ? RunState::kSucceeded : RunState::kFailed;
    if (succeeds) {
      Value value = Mix(CodeOf(instance), static_cast<Value>(planned.interval.start));
      for (const InstanceInput& input : instance.reads) {
        value = Mix(value, Read(planned, input, handed_on, record));
      }
      Write(planned, value, handed_on, record);
      std::erase_if(runs.unsuccessful, [&](const RunRecord& other) {
        return other.key.interval == record.key.interval;
      });
    }
    Put(succeeds ? runs.succeeded : runs.unsuccessful, record);
    return succeeds;
  }

  Value Read(const PlannedRun& planned, const InstanceInput& input,
             const std::map<std::size_t, Value>& handed_on, RunRecord& record) {
    const Reading reading =
        ReadingOf(instances_, planned.instance, input, planned.interval, facts_);
    const ModelTable& table = tables_[input.input.table];
    InputRecord read{.name = input.input.name, .table = input.input.table};
    read.writer_run = reading.writer_run;
    Value value = 7;
    if (reading.kind == ReadingKind::kWindow) {
      read.version = table.latest();
      value = table.versions.empty() ? 7 : Sum(table.versions.back(), reading.window);
    } else if (reading.kind == ReadingKind::kVersion) {
      read.version = reading.version;
      value = table.states[static_cast<std::size_t>(reading.version)];
    } else if (reading.kind == ReadingKind::kGone) {
      EXPECT_TRUE(handed_on.contains(planned.instance)) << "a chain begins too late";
      value = handed_on.contains(planned.instance) ? handed_on.at(planned.instance) : 0;
    }
    record.inputs.push_back(read);
    return value;
  }

  void Write(const PlannedRun& planned, Value value, std::map<std::size_t, Value>& handed_on,
             RunRecord& record) {
    const project::Output& output = instances_[planned.instance].writes.front();
    ModelTable& table = tables_[output.table];
    OutputRecord made{.table = output.table};
    if (output.IsIntervalTable()) {
      table.SetDay(planned.interval.start, value);
      made.version = table.latest();
    } else if (output.mode == project::OutputMode::kMerge) {
      Days rows = RowsToMergeInto(planned, table);
      InputRecord before{.name = output.table, .table = output.table};
      before.writer_run = StateBefore(output.table, facts_.runs[planned.instance].succeeded,
                                      planned.interval, facts_)
                              .writer_run;
      record.inputs.push_back(before);
      MergeInto(rows, planned.interval.start, value);
      if (planned.commits_state) {
        table.SetMerged(rows);
        made.version = table.latest();
        merging_.erase(planned.instance);
      } else {
        merging_[planned.instance] = rows;
      }
    } else if (planned.commits_state) {
      table.SetState(value);
      made.version = table.latest();
    } else {
      handed_on[planned.instance] = value;
    }
    facts_.tables[output.table].latest = table.latest();
    facts_.tables[output.table].touches = table.touches;
    record.outputs.push_back(made);
  }

  Days RowsToMergeInto(const PlannedRun& planned, const ModelTable& table) {
    if (planned.chain) {
      if (const auto found = merging_.find(planned.instance); found != merging_.end()) {
        return found->second;
      }
      const JobInstance& instance = instances_[planned.instance];
      const Reading before =
          StateBefore(instance.writes.front().table, facts_.runs[planned.instance].succeeded,
                      planned.interval, facts_);
      EXPECT_NE(before.kind, ReadingKind::kGone) << "a chain of merges begins too late";
      return before.kind == ReadingKind::kVersion
                 ? table.merged[static_cast<std::size_t>(before.version)]
                 : Days();
    }
    EXPECT_TRUE(planned.commits_state);
    return table.merged.empty() ? Days() : table.merged.back();
  }

  static void Put(std::vector<RunRecord>& runs, const RunRecord& record) {
    std::erase_if(
        runs, [&](const RunRecord& other) { return other.key.interval == record.key.interval; });
    runs.push_back(record);
    std::ranges::sort(runs, {}, [](const RunRecord& run) { return run.key.interval; });
  }

  static Value Sum(const Days& days, const Interval& window) {
    Value value = 7;
    for (const auto& [day, number] : days) {
      if (day >= window.start && day < window.end) {
        value = Mix(Mix(value, static_cast<Value>(day)), number);
      }
    }
    return value;
  }

  // Every day of one job, in order, on the final inputs.
  void Scratch(const JobInstance& instance, Micros last, std::map<std::string, Days>& days,
               std::map<std::string, Value>& states) {
    const project::Output& output = instance.writes.front();
    Value own = 7;
    Days merged;
    for (Micros day = kStart; day <= last; day += kDay) {
      Value value = Mix(CodeOf(instance), static_cast<Value>(day));
      for (const InstanceInput& input : instance.reads) {
        const Micros window = input.input.window ? input.input.window->count() : kDay;
        const bool is_state = states.contains(input.input.table);
        const Value read = input.input.previous ? own
                           : is_state           ? states[input.input.table]
                                                : Sum(days[input.input.table],
                                                      {.start = day + kDay - window, .end = day + kDay});
        value = Mix(value, read);
      }
      if (output.mode == project::OutputMode::kMerge) {
        MergeInto(merged, day, value);
        value = HashOf(merged);
      }
      own = value;
      states_by_day_[output.table][day] = value;
      if (output.IsIntervalTable()) {
        days[output.table][day] = value;
      }
    }
    if (!output.IsIntervalTable()) {
      states[output.table] = own;
    }
  }

  std::mt19937_64 random_;
  std::size_t num_externals_ = 1;
  std::vector<ModelJob> models_;
  project::Project project_;
  std::vector<JobInstance> instances_;
  std::map<std::string, ModelTable> tables_;
  int renames_ = 0;
  std::map<std::size_t, Days> merging_;        // by instance, handed on in a chain
  std::map<std::string, Days> states_by_day_;  // of a run from scratch, before later days
  PlanFacts facts_;
};

TEST(PlanProperty, AnyHistoryEndsAsARunFromScratch) {
  const std::uint64_t seed = TestSeed();
  std::map<std::string, int> coverage;
  for (int round = 0; round < TestRounds() * 10; ++round) {
    World world(seed + static_cast<std::uint64_t>(round));
    for (int step = 0; step < 25; ++step) {
      world.Live();
    }

    const int plans = world.Settle();

    EXPECT_LT(plans, 60) << "plans never end";
    world.ExpectAsFromScratch();
    for (const auto& [what, count] : world.coverage) {
      coverage[what] += count;
    }
    ASSERT_FALSE(HasFailure()) << "seed " << seed + static_cast<std::uint64_t>(round);
  }
  for (const auto& [what, count] : coverage) {
    std::cout << what << ": " << count << "\n";
  }
  EXPECT_GT(coverage["chain"], 0);
  EXPECT_GT(coverage["interval reads state"], 0);
  EXPECT_GT(coverage["newer state read"], 0);
  EXPECT_GT(coverage["late data"], 0);
  EXPECT_GT(coverage["merged again"], 0);
  EXPECT_GT(coverage["renamed table"], 0);
}

}  // namespace
}  // namespace weir::jobs
