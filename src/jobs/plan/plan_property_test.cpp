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
#include "jobs/plan/done_runs.h"
#include "jobs/plan/plan.h"
#include "jobs/plan/reading.h"

namespace weir::jobs {
namespace {

constexpr Micros kStart = 20'458 * kDay;  // 2026-01-05
constexpr auto kStateReader = "by_day";
constexpr std::chrono::microseconds kNoWindow{0};
constexpr std::size_t kFirstDays = 4;  // that a world begins with

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

// Whole days, by their starts; none if `end` isn't behind `first`.
struct DayRange {
  Micros first = 0;
  Micros end = 0;

  bool Has(Micros day) const { return day >= first && day < end; }
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
    project_.partitions["region"] = {"amer", "emea"};
    facts_.late = 2 * kDay;
    LoadAgain();
    for (std::size_t i = 0; i < num_externals_; ++i) {
      tables_[External(i)].SetDay(kStart, Below(1000));
    }
    for (std::size_t day = 1; day < kFirstDays; ++day) {
      NewDay();
    }
  }

  // One step of history.
  void Live() {
    switch (Below(11)) {
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
      case 6:
        Below(2) == 0 ? ChangeRegions() : ChangeWindow();
        break;
      case 7:
        Below(3) == 0 ? ChangeSchedule() : ChangeDays();
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
    Reference reference;
    for (std::size_t i = 0; i < num_externals_; ++i) {
      reference.days[External(i)] = tables_[External(i)].versions.back();
    }
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      Scratch(i, reference);
      Expect(instances_[i], reference);
    }
  }

  std::map<std::string, int> coverage;

 private:
  // What a run from scratch leaves behind.
  struct Reference {
    std::map<std::string, Days> days{};           // of interval tables
    std::map<std::string, Value> states{};        // of state tables, the newest
    std::map<std::string, Days> states_by_day{};  // all of them
    std::map<std::string, DayRange> ranges{};     // which days the table's job answers for
    // Tables whose states also come of days that their jobs had, and don't answer for any more.
    std::set<std::string> loose{};
  };

  void Expect(const JobInstance& instance, Reference& reference) {
    const project::Output& output = instance.writes.front();
    const ModelTable& table = tables_[output.table];
    const Days rows = table.versions.empty() ? Days{} : table.versions.back();
    const bool is_loose = reference.loose.contains(output.table);
    coverage["loose"] += is_loose ? 1 : 0;
    if (!ModelOf(instance).is_exact || is_loose) {
      if (output.IsIntervalTable()) {
        EXPECT_EQ(Keys(rows), Keys(reference.days[output.table]))
            << instance.name() << " waits for ever:\n"
            << WaitingText();
      }
      if (instance.job->name == kStateReader && !is_loose) {
        ExpectOfKeptStates(instance, reference);
      }
    } else if (output.IsIntervalTable()) {
      EXPECT_EQ(rows, reference.days[output.table]) << instance.name() << " of:\n" << WaitingText();
    } else if (!table.states.empty() || reference.states.contains(output.table)) {
      ASSERT_FALSE(table.states.empty()) << instance.name();
      EXPECT_EQ(table.states.back(), reference.states[output.table]) << instance.name() << " of:\n"
                                                                     << WaitingText();
    }
  }

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
  // own was never committed; days behind the last that there is a state of have that one's.
  void ExpectOfKeptStates(const JobInstance& instance, const Reference& reference) {
    const InstanceInput& input = instance.reads.front();
    const std::string& table = input.input.table;
    const DayRange& range = reference.ranges.at(instance.writes.front().table);
    const DayRange& states = reference.ranges.at(table);
    std::optional<Micros> kept;
    for (Micros day = std::max(range.end, states.end) - kDay; day >= range.first; day -= kDay) {
      const RunRecord* run =
          FindRun(facts_.runs[input.writers.front().instance].succeeded, DayAt(day));
      kept = run != nullptr && OutputOf(*run, table)->version >= 0 ? day : kept;
      if (!range.Has(day)) {
        continue;
      }
      const Micros last = states.end - kDay;
      ASSERT_TRUE(kept || day > last) << table << " has no state of its newest day";
      const Micros read = kept.value_or(last);
      EXPECT_EQ(tables_[instance.writes.front().table].versions.back().at(day),
                RowOf(instance, day, reference.states_by_day.at(table).at(read)))
          << instance.name();
      coverage["newer state read"] += read > day ? 1 : 0;
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
      input.window = RandomWindow();
      coverage["window"] += input.window->count() > kDay ? 1 : 0;
    }
    return input;
  }

  std::chrono::microseconds RandomWindow() {
    return std::chrono::microseconds(static_cast<Micros>(1 + Below(3)) * kDay);
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
    }
    LoadAgain();
    ++coverage["renamed table"];
  }

  // A region is added to the list, or back, or taken away, with its tables and runs left behind.
  void ChangeRegions() {
    std::vector<std::string>& regions = project_.partitions["region"];
    const std::string region = std::vector<std::string>{"amer", "emea", "apac"}[Below(3)];
    const auto listed = std::ranges::find(regions, region);
    if (listed == regions.end()) {
      regions.push_back(region);
      const bool had_runs = std::ranges::any_of(
          ledger_, [&](const auto& known) { return known.first.second == region; });
      ++coverage[had_runs ? "region came back" : "region added"];
    } else if (regions.size() > 1) {
      regions.erase(listed);
      ++coverage["region taken away"];
    }
    LoadAgain();
  }

  void ChangeWindow() {
    ModelJob& model = models_[Below(models_.size())];
    project::Input& input = model.job.reads[Below(model.job.reads.size())];
    if (!input.previous) {
      input.window = Below(4) == 0 ? std::optional<std::chrono::microseconds>() : RandomWindow();
      ++coverage["changed window"];
    }
    LoadAgain();
  }

  // Each job keeps a day: `start` lies in or before the world's first days, `end` behind them.
  void ChangeDays() {
    project::Job& job = models_[Below(models_.size())].job;
    const bool is_start = Below(2) == 0;
    ++coverage[is_start ? "changed start" : "changed end"];
    const std::size_t days = Below(is_start ? kFirstDays : 3 * kFirstDays);
    const Micros day =
        kStart + (static_cast<Micros>(days) + (is_start ? -1 : Micros{kFirstDays} - 1)) * kDay;
    (is_start ? job.start : job.end) =
        Below(3) == 0 ? std::optional<std::string>() : FormatTimestamp(day).substr(0, 10);
    LoadAgain();
  }

  // A job with another schedule doesn't run over rows of its old days, until it is put back.
  void ChangeSchedule() {
    project::Job& job = models_[Below(models_.size())].job;
    job.schedule.cadence = project::Cadence::kWeekly;
    LoadAgain();
    LookAtTables();
    PlanFacts facts = facts_;
    SetAsideFormerRuns(instances_, facts);
    PlanOptions all;
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      all.instances.insert(i);
    }
    const Plan plan = MakePlan(instances_, facts, all);
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      const bool is_held = std::ranges::any_of(plan.waiting, [&](const NotPlanned& waiting) {
        return waiting.instance == i && waiting.refused;
      });
      const bool runs = std::ranges::find(plan.runs, i, &PlannedRun::instance) != plan.runs.end();
      EXPECT_EQ(is_held, instances_[i].job->name == job.name && HoldsRows(i));
      EXPECT_FALSE(is_held && runs) << instances_[i].name();
      coverage["held by another schedule"] += is_held ? 1 : 0;
    }
    job.schedule.cadence = project::Cadence::kDaily;
    LoadAgain();
  }

  // Whether its table, under the name that it has now, has what a run of it made.
  bool HoldsRows(std::size_t instance) const {
    const auto& done = facts_.runs[instance].succeeded;
    return std::ranges::any_of(done, [&](const RunRecord& run) {
      const OutputRecord* made = OutputOf(run, instances_[instance].writes.front().table);
      return made != nullptr && made->version >= 0;
    });
  }

  // The project's files have changed: runs are known by job and partition.
  void LoadAgain() {
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      ledger_[{names_[i], instances_[i].partition}] = facts_.runs[i];
    }
    project_.jobs.clear();
    for (const ModelJob& model : models_) {
      project_.jobs.push_back(model.job);
    }
    instances_ = MakeInstances(project_);
    facts_.runs.clear();
    names_.clear();
    for (const JobInstance& instance : instances_) {
      names_.push_back(instance.job->name);
      facts_.runs.push_back(ledger_[{names_.back(), instance.partition}]);
      tables_[instance.writes.front().table];
    }
    facts_.sources.resize(instances_.size());
  }

  void OptimizeOne() {
    auto table = tables_.begin();
    std::advance(table, Below(tables_.size()));
    if (table->second.latest() >= 0) {
      table->second.Optimize();
    }
  }

  Value CodeOf(const JobInstance& instance) const {
    Value code = Mix(ModelOf(instance).code, std::hash<std::string>{}(instance.name()));
    for (const InstanceInput& input : instance.reads) {
      code = Mix(code, static_cast<Value>(input.input.window.value_or(kNoWindow).count()));
    }
    return code;
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
    waiting_ = plan.waiting;
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

  // The jobs as they are now, and what the last plan says of them.
  std::string WaitingText() const {
    std::string text;
    for (const JobInstance& instance : instances_) {
      text += fmt::format("{}, {} to {}:", instance.name(), instance.job->start.value_or(""),
                          instance.job->end.value_or(""));
      for (const InstanceInput& input : instance.reads) {
        text += " " + input.input.table;
      }
      text += fmt::format(" -> {}\n", instance.writes.front().table);
    }
    for (const NotPlanned& waiting : waiting_) {
      const JobInstance& instance = instances_[waiting.instance];
      text += fmt::format("{} {}: {}\n", instance.name(),
                          waiting.interval ? instance.Label(*waiting.interval) : "", waiting.why);
    }
    return text;
  }

  // End of the newest day that the instance's table has a run's rows or state of.
  Micros NewestDone(std::size_t instance) const {
    Micros newest = kAllOfTime.start;
    for (const RunRecord& run : facts_.runs[instance].succeeded) {
      if (OutputOf(run, instances_[instance].writes.front().table) != nullptr) {
        newest = run.key.interval.end;
      }
    }
    return newest;
  }

  // The days that an input has. What its jobs did of other days counts, too.
  DayRange RangeOfInput(const InstanceInput& input, const Reference& reference) const {
    if (input.writers.empty()) {
      const Days& outside = reference.days.at(External(0));
      return {.first = outside.begin()->first, .end = outside.rbegin()->first + kDay};
    }
    DayRange range = reference.ranges.at(input.input.table);
    range.end = range.end > range.first ? range.end : kAllOfTime.start;
    range.end = std::max(range.end, NewestDone(input.writers.front().instance));
    return range;
  }

  // The days that a job answers for: what `start` and `end` leave of those that its inputs have;
  // tables from outside say alone which day is the last one.
  DayRange RangeOf(const JobInstance& instance, const Reference& reference) const {
    Micros first = kAllOfTime.end;
    Micros last_inside = kAllOfTime.start;
    Micros last_outside = kAllOfTime.start;
    for (const InstanceInput& input : instance.reads) {
      if (!input.input.previous) {
        const DayRange range = RangeOfInput(input, reference);
        first = std::min(first, range.first);
        Micros& last = input.writers.empty() ? last_outside : last_inside;
        last = std::max(last, range.end);
      }
    }
    Micros end = last_outside != kAllOfTime.start ? last_outside : last_inside;
    const project::Job& job = *instance.job;
    first = job.start ? instance.schedule.TimeOf(*job.start) : first;
    end = job.end ? std::min(end, instance.schedule.TimeOf(*job.end)) : end;
    return {.first = first, .end = std::max(first, end)};
  }

  // Every day of one job, in order, on the final inputs. Days that were done, and that the job
  // doesn't answer for any more, stay in an interval table as they are.
  void Scratch(std::size_t number, Reference& reference) {
    const JobInstance& instance = instances_[number];
    const project::Output& output = instance.writes.front();
    const DayRange range = RangeOf(instance, reference);
    reference.ranges[output.table] = range;
    bool has_others = false;
    for (const RunRecord& run : facts_.runs[number].succeeded) {
      const Micros day = run.key.interval.start;
      has_others = has_others || !range.Has(day);
      const ModelTable& table = tables_[output.table];
      if (!range.Has(day) && !table.versions.empty() && table.versions.back().contains(day)) {
        reference.days[output.table][day] = table.versions.back().at(day);
        ++coverage["day kept that is none any more"];
      }
    }
    if ((has_others && !output.IsIntervalTable()) || ReadsLoose(instance, range, reference)) {
      reference.loose.insert(output.table);
    }
    Value own = 7;
    Days merged;
    for (Micros day = range.first; day < range.end; day += kDay) {
      Value value = Mix(CodeOf(instance), static_cast<Value>(day));
      for (const InstanceInput& input : instance.reads) {
        const Micros window = input.input.window ? input.input.window->count() : kDay;
        const bool is_state = reference.states.contains(input.input.table);
        const Value read = input.input.previous ? own
                           : is_state           ? reference.states[input.input.table]
                                                : Sum(reference.days[input.input.table],
                                                      {.start = day + kDay - window, .end = day + kDay});
        value = Mix(value, read);
      }
      if (output.mode == project::OutputMode::kMerge) {
        MergeInto(merged, day, value);
        value = HashOf(merged);
      }
      own = value;
      reference.states_by_day[output.table][day] = value;
      if (output.IsIntervalTable()) {
        reference.days[output.table][day] = value;
      }
    }
    if (!output.IsIntervalTable() && range.end > range.first) {
      reference.states[output.table] = own;
    }
  }

  // Whether it reads what isn't known exactly, or the state of another day than its table's last.
  bool ReadsLoose(const JobInstance& instance, const DayRange& range,
                  const Reference& reference) const {
    return std::ranges::any_of(instance.reads, [&](const InstanceInput& input) {
      const std::string& table = input.input.table;
      if (input.writers.empty() || input.input.previous) {
        return false;
      }
      const TableWriter& by = input.writers.front();
      const bool is_state = !instances_[by.instance].writes[by.output].IsIntervalTable();
      return reference.loose.contains(table) || (is_state && instance.job->name != kStateReader &&
                                                 range.end < reference.ranges.at(table).end);
    });
  }

  std::mt19937_64 random_;
  std::size_t num_externals_ = 1;
  std::vector<ModelJob> models_;
  project::Project project_;
  std::vector<JobInstance> instances_;
  std::vector<std::string> names_;                                      // of the instances' jobs
  std::map<std::pair<std::string, std::string>, InstanceRuns> ledger_;  // by job and partition
  std::map<std::string, ModelTable> tables_;
  int renames_ = 0;
  std::map<std::size_t, Days> merging_;  // by instance, handed on in a chain
  PlanFacts facts_;
  std::vector<NotPlanned> waiting_;  // of the last plan
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
  for (const char* what :
       {"chain", "interval reads state", "newer state read", "late data", "merged again",
        "renamed table", "region came back", "changed window", "changed start", "changed end",
        "day kept that is none any more", "held by another schedule"}) {
    EXPECT_GT(coverage[what], 0) << what;
  }
}

}  // namespace
}  // namespace weir::jobs
