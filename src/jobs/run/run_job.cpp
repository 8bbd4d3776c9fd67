#include "jobs/run/run_job.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/process.h"
#include "jobs/checks/check_runner.h"
#include "jobs/plan/done_runs.h"
#include "jobs/run/read_files.h"
#include "jobs/run/run_checks.h"
#include "jobs/run/run_outputs.h"
#include "jobs/run/run_values.h"
#include "jobs/run/stream_facts.h"
#include "jobs/run/stream_positions.h"
#include "jobs/steps/step_runner.h"
#include "jobs/steps/time_limit.h"
#include "lake/history.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

const JobInstance& InstanceOf(const RunTask& task, const RunServices& services) {
  return services.instances[task.instance];
}

RunRecord StartRecord(const RunTask& task, const JobInstance& instance) {
  RunRecord record;
  record.key = {.job = instance.job->name,
                .partition = instance.partition,
                .interval = task.interval,
                .generation = task.generation};
  record.code_hash = task.code_hash;
  record.seed = instance.job->seed;
  record.why = task.why;
  record.chain = task.chain;
  return record;
}

LeaseAttempt TakeLease(const RunTask& task, RunServices& services) {
  const std::lock_guard lock(services.ledger_mutex);
  return services.ledger.Take(StartRecord(task, InstanceOf(task, services)));
}

// The work of one attempt, stage by stage; `record` takes what is to be said of it.
class Work {
 public:
  Work(const RunTask& task, RunServices& services, ChainStates& chain, Lease& lease)
      : task_(task),
        services_(services),
        instance_(InstanceOf(task, services)),
        chain_(chain),
        lease_(lease),
        record_(lease.record()),
        limit_(services.stop, instance_.job->time_limit),
        lakes_(services.project, services.database),
        connection_(lakes_.own().connection()) {
    connection_.SetStopToken(limit_.token());
  }

  RunRecord& record() { return record_; }
  std::map<std::string, connectors::ShownRows>& shown() { return shown_; }
  bool TimeIsUp() const { return limit_.has_passed(); }
  std::string Explain(const std::exception& problem) {
    return read_files_.Explain(problem, lakes_.own());
  }
  // What is told of a run that TimeIsUp() ended.
  std::string LimitText() const {
    return fmt::format(
        "it ran past the job's time limit of {}, {}", DurationText(*instance_.job->time_limit),
        running_.empty() ? "outside of its steps" : fmt::format("in step '{}'", running_));
  }

  // Inputs → steps → data files → checks → commit point → effects outside.
  void Run() {
    services_.sound.Require(services_.project, *instance_.job, connection_);
    SeedChain();
    SeedMerges();
    OpenViews();
    StepRunner runner(Settings(), services_.steps);
    const StepResult steps = runner.Run(*instance_.job, connection_);
    record_.steps = steps.steps;
    running_.clear();
    for (const SourceReading& reading : steps.readings) {
      record_.files_read.insert(record_.files_read.end(), reading.finished.begin(),
                                reading.finished.end());
      positions_.insert(positions_.end(), reading.positions.begin(), reading.positions.end());
      if (reading.complete_until) {
        record_.read_until = record_.read_until == 0
                                 ? *reading.complete_until
                                 : std::min(record_.read_until, *reading.complete_until);
      }
    }
    std::vector<StagedOutput> outputs = StageOutputs({.instance = instance_,
                                                      .interval = task_.interval,
                                                      .origin = Origin(),
                                                      .commits_state = task_.commits_state,
                                                      .skips_state = SkipsState(),
                                                      .bases = {},
                                                      .carried = CarriedInputs(*steps.kept)},
                                                     lakes_.own(), chain_);
    Count(outputs);
    CheckOutputs(outputs);
    Commit(outputs);
    HandOn(outputs);
    Confirm(steps.readings);
    runner.SetCommitted(positions_, StreamIdOf(instance_, record_));
    DoAll(steps.effects, runner);
  }

 private:
  StepSettings Settings() {
    return {
        .values = RunValues(instance_, task_.interval),
        .project_folder = services_.project.folder,
        // Of this attempt alone: a command of a killed one may still be writing.
        .work_folder = services_.project.ScratchFolder() / "work" /
                       fmt::format("{}.{}", record_.key.id(), record_.attempt),
        .run_id = record_.key.id(),
        .attempt = AttemptText(),
        .origins = origins_,
        .seed = static_cast<std::int64_t>(record_.seed),
        .finished = task_.finished,
        .positions = instance_.job->is_stream ? StreamPositions(instance_, lakes_.own())
                                              : std::vector<connectors::StreamPosition>(),
        .batch = instance_.job->is_stream ? task_.interval.start : 0,
        .batch_bytes = BatchBytesOfSource(*instance_.job),
        .stop = limit_.token(),
        .started = [this](const std::string& step) { running_ = step; },
        .sent = {.sources =
                     TopicsOf(services_.project, instance_, services_.steps, connection_).numbered},
        .sent_batches = task_.sent_batches};
  }

  // Sources are told what was committed, for others to see; the tables know it.
  void Confirm(const std::vector<SourceReading>& readings) {
    for (const SourceReading& reading : readings) {
      try {
        if (reading.confirm) {
          reading.confirm();
        }
      } catch (const ExternalError& problem) {
        LogWarning("{}: step '{}': {}", record_.key.id(), reading.step, problem.what());
      }
    }
  }

  // One after the other. What goes to one place outside waits for none that failed: others that
  // reach outside are tried all the same, and the run fails as the first did.
  void DoAll(const std::vector<PendingEffect>& effects, StepRunner& runner) {
    std::exception_ptr first;
    for (const PendingEffect& effect : effects) {
      if (first && !effect.external) {
        continue;
      }
      try {
        Do(effect, runner);
      } catch (const CancelledError&) {
        throw;
      } catch (const std::exception& problem) {
        if (!effect.external) {
          throw;
        }
        if (first) {
          LogWarning("{}: {}", record_.key.id(), problem.what());
        } else {
          first = std::current_exception();
        }
      }
    }
    if (first) {
      std::rethrow_exception(first);
    }
  }

  // Effects come after the commit: what they fail with can't undo it.
  void Do(const PendingEffect& effect, StepRunner& runner) {
    if (effect.external && !services_.send) {
      LogInfo("{}: not sent in environment {}: {}", record_.key.id(),
              services_.project.environment.name, runner.Describe(effect));
      record_.sent.push_back(runner.Describe(effect) + std::string(kNotSent));
      return;
    }
    try {
      StepRunner::EffectReport report = runner.RunEffect(effect, connection_);
      record_.sent.push_back(report.sent);
      record_.steps.push_back(report.record);
      if (report.shown) {
        shown_[effect.step->name] = std::move(*report.shown);
      }
    } catch (const std::exception& problem) {
      if (!instance_.job->is_stream) {
        throw;  // running the interval again is harmless
      }
      record_.error = problem.what();  // the batch must not be read twice
      LogWarning("{}: {}", record_.key.id(), problem.what());
    }
  }

  // An older interval that isn't in a chain leaves the state as it is.
  bool SkipsState() const { return !task_.commits_state && task_.chain.empty(); }

  // The first run of a chain starts from the state of the interval before.
  void SeedChain() {
    for (std::size_t i = 0; i < task_.readings.size(); ++i) {
      const Reading& reading = task_.readings[i];
      const std::string& table = instance_.reads[i].input.table;
      const bool is_own = instance_.reads[i].input.previous && !task_.chain.empty() &&
                          std::ranges::any_of(instance_.writes, [&](const auto& output) {
                            return output.table == table && !output.IsIntervalTable();
                          });
      if (is_own && reading.kind == ReadingKind::kVersion && !chain_.contains(table)) {
        lake::Warehouse& warehouse = lakes_.own();
        chain_[table] =
            warehouse.Open(warehouse.FolderOf(table), {.version = reading.version, .as_of = {}});
      }
    }
  }

  // What merges again merges into the state of before, without what was merged since.
  void SeedMerges() {
    for (const auto& [table, before] : task_.merged_before) {
      InputRecord merged;  // by which a plan sees that the interval before was run again
      merged.name = table;
      merged.table = table;
      merged.version = before.version;
      merged.writer_run = before.writer_run;
      record_.inputs.push_back(std::move(merged));
      if (!task_.chain.empty() && !chain_.contains(table)) {
        const lake::TableFolder folder = lakes_.own().FolderOf(table);
        const std::int64_t version = before.kind == ReadingKind::kVersion
                                         ? before.version
                                         : VersionBeforeFirst(folder, lakes_.own().Open(folder));
        chain_[table] = version < 0 ? lake::Snapshot()
                                    : lakes_.own().Open(folder, {.version = version, .as_of = {}});
      }
    }
  }

  // The newest version that was there before this instance's first commit; -1: there was none.
  std::int64_t VersionBeforeFirst(const lake::TableFolder& folder,
                                  const lake::Snapshot& latest) const {
    std::int64_t version = -1;
    while (version < latest.version &&
           lake::ReadCommitInfo(folder, version + 1).job != instance_.name()) {
      ++version;
    }
    return version;
  }

  void OpenViews() {
    const InputSources sources{.lakes = lakes_,
                               .selector = services_.selector,
                               .instances = services_.instances,
                               .chain = chain_};
    for (RunInput& input : OpenInputs(instance_, task_.interval, task_.readings, sources)) {
      read_files_.Add(input);
      connection_.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                  sql::QuoteName(input.record.name), input.select));
      if (instance_.job->is_stream && input.record.version >= 0) {
        origins_[input.record.name] = OriginOf(input);
      }
      if (input.is_whole) {
        whole_inputs_[input.record.name] = {.table = input.record.table,
                                            .files = std::move(input.files)};
      }
      record_.inputs.push_back(std::move(input.record));
    }
    for (const auto& [step, digest] : task_.source_digests) {
      InputRecord files;
      files.name = step;
      files.table = kSourceFiles;
      files.files = digest;
      record_.inputs.push_back(std::move(files));
    }
  }

  // Relations that carry on rows of whole tables.
  std::map<std::string, CarriedInput> CarriedInputs(KeptRows& kept) const {
    std::map<std::string, CarriedInput> inputs;
    for (const auto& [relation, carried] : kept.carried()) {
      const auto whole = whole_inputs_.find(carried.input);
      if (whole != whole_inputs_.end()) {
        CarriedInput& input = inputs[relation] = whole->second;
        input.kept = carried.kept;
        input.fresh = carried.fresh;
      }
    }
    return inputs;
  }

  std::string AttemptText() const {
    return fmt::format("{}.{}", record_.key.id(), record_.attempt);
  }

  // The attempt whose commit made the version that is read, so that an operator may go on with what
  // it has in memory; else the version, which no attempt's text is like.
  static std::string OriginOf(const RunInput& input) {
    const lake::CommitInfo info = lake::ReadCommitInfo(input.folder, input.record.version);
    return info.run_id.empty() ? fmt::format("version {}", input.record.version)
                               : fmt::format("{}.{}", info.run_id, info.attempt);
  }

  lake::CommitInfo Origin() const {
    lake::CommitInfo origin;
    origin.run_id = record_.key.id();
    origin.attempt = record_.attempt;
    origin.job = instance_.name();
    origin.interval = IsBatch(task_.interval)
                          ? fmt::format("batch {}", task_.interval.start)
                          : fmt::format("{}/{}", FormatTimestamp(task_.interval.start),
                                        FormatTimestamp(task_.interval.end));
    origin.code_hash = record_.code_hash;
    for (const InputRecord& input : record_.inputs) {
      if (input.table != kSourceFiles) {
        origin.input_versions[input.table] = input.version;
      }
    }
    return origin;
  }

  void Count(const std::vector<StagedOutput>& outputs) {
    for (const StagedOutput& output : outputs) {
      const lake::OperationMetrics metrics = lake::MetricsOf(output.changes);
      OutputRecord made{.table = output.output->table};
      made.table_id = output.after.metadata.id;
      made.rows = metrics.rows_inserted + metrics.rows_updated;
      made.bytes = metrics.bytes_added;
      made.version = -1;
      record_.outputs.push_back(made);
      record_.rows += made.rows;
      record_.bytes += made.bytes;
    }
    for (const project::Output& output : instance_.writes) {
      if (!output.IsIntervalTable() && SkipsState()) {
        record_.outputs.push_back({.table = output.table});
      }
    }
  }

  void CheckOutputs(const std::vector<StagedOutput>& outputs) {
    record_.checks = CheckRun({.project = services_.project,
                               .instance = instance_,
                               .interval = task_.interval,
                               .outputs = outputs,
                               .last_checks = task_.last_checks},
                              lakes_);
    const std::string failures = FailureText(record_.checks);
    if (!failures.empty()) {
      throw UserError("{}", failures);
    }
  }

  // From here on the run is done, whatever becomes of this process.
  void Commit(std::vector<StagedOutput>& outputs) {
    if (!lease_.IsMine()) {
      throw ExternalError("another process has taken this run over");
    }
    Failpoint("run:before-prepare");
    RunRecord finished = record_;
    finished.state = RunState::kSucceeded;
    SetVersions(outputs, {}, finished);
    lease_.Prepare(finished);
    Failpoint("run:after-prepare");
    std::vector<lake::TableChanges> parts = PartsOf(outputs);
    CarryPositions(instance_, positions_, outputs, parts);
    if (instance_.job->is_stream && positions_.empty()) {
      CarryBatch(instance_, record_.key.interval.start, parts);
    }
    std::map<std::string, std::int64_t> versions;
    if (!parts.empty()) {
      versions = lakes_.own().CommitTogether(record_.key.id(), parts);
    }
    Failpoint("run:after-commit");
    SetVersions(outputs, versions, record_);
  }

  // The version that a run made, or the present one of a table that it left unchanged.
  static void SetVersions(const std::vector<StagedOutput>& outputs,
                          const std::map<std::string, std::int64_t>& versions, RunRecord& record) {
    for (const StagedOutput& output : outputs) {
      const auto made =
          std::ranges::find(record.outputs, output.output->table, &OutputRecord::table);
      const auto version = versions.find(output.output->table);
      if (version != versions.end()) {
        made->version = version->second;
      } else {
        made->version = output.commits ? output.base.version : -1;
      }
    }
  }

  void HandOn(const std::vector<StagedOutput>& outputs) {
    if (task_.chain.empty()) {
      return;
    }
    for (const StagedOutput& output : outputs) {
      if (!output.output->IsIntervalTable()) {
        chain_[output.output->table] = output.after;
      }
    }
  }

  const RunTask& task_;
  RunServices& services_;
  const JobInstance& instance_;
  ChainStates& chain_;
  Lease& lease_;
  RunRecord record_;
  TimeLimit limit_;
  std::string running_;  // the step
  Lakes lakes_;
  sql::Connection& connection_;
  std::vector<connectors::StreamPosition> positions_;   // that the commit carries
  std::map<std::string, std::string> origins_;          // by input, of a stream
  std::map<std::string, CarriedInput> whole_inputs_;    // by input: table and files
  std::map<std::string, connectors::ShownRows> shown_;  // by step
  ReadFiles read_files_;
};

// Runs the work, again if another program's commit came in between, and turns what it throws into
// the record.
RunRecord Attempt(const RunTask& task, RunServices& services, ChainStates& chain, Lease& lease,
                  RunOutcome& outcome) {
  constexpr int kTries = 3;
  RunRecord record = lease.record();
  for (int tries = 1; tries <= kTries; ++tries) {
    Work work(task, services, chain, lease);
    try {
      work.Run();
      work.record().state = RunState::kSucceeded;
      outcome.shown = std::move(work.shown());
      return work.record();
    } catch (const ConflictError& problem) {
      work.record().error = problem.what();
      LogWarning("{}: {}; {}", lease.record().key.id(), problem.what(),
                 tries < kTries ? "trying again" : "giving up");
    } catch (const CancelledError&) {
      work.record().state = work.TimeIsUp() ? RunState::kFailed : RunState::kCancelled;
      work.record().error = work.TimeIsUp() ? work.LimitText() : "cancelled";
      return work.record();
    } catch (const std::exception& problem) {
      work.record().state = RunState::kFailed;
      work.record().error = work.Explain(problem);
      outcome.failed_outside = dynamic_cast<const ExternalError*>(&problem) != nullptr;
      return work.record();
    }
    record = work.record();
    record.state = RunState::kFailed;
  }
  outcome.failed_outside = true;
  return record;
}

}  // namespace

RunOutcome RunJob(const RunTask& task, RunServices& services, ChainStates& chain) {
  LeaseAttempt attempt = TakeLease(task, services);
  if (!attempt.lease) {
    RunOutcome outcome{.result = RunResult::kHeld};
    if (attempt.done) {
      outcome.result = RunResult::kDoneByOther;
      outcome.record = *attempt.done;
    } else {
      outcome.record.key = attempt.holder->record.key;
      outcome.holder = attempt.holder->text();
    }
    return outcome;
  }
  const auto start = Clock::now();
  RunOutcome outcome;
  outcome.record = Attempt(task, services, chain, *attempt.lease, outcome);
  outcome.record.error = services.steps.connections.secrets().Redact(outcome.record.error);
  outcome.record.seconds = SecondsSince(start);
  outcome.record.peak_memory = PeakResidentBytes();
  Failpoint("run:before-end");
  attempt.lease->End(outcome.record);
  Failpoint("run:after-end");
  return outcome;
}

}  // namespace weir::jobs
