#include "jobs/run/replay.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "connectors/files/file_list.h"
#include "jobs/run/lakes.h"
#include "jobs/run/run_outputs.h"
#include "jobs/run/run_values.h"
#include "jobs/run/source_days.h"
#include "jobs/run/stream_positions.h"
#include "jobs/steps/step_runner.h"
#include "jobs/steps/time_limit.h"
#include "lake/history.h"
#include "lake/own_files.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using lake::AddFile;
using lake::Snapshot;

class Replay {
 public:
  Replay(const RunRecord& record, std::size_t instance, const PlanFacts& facts,
         RunServices& services)
      : record_(record),
        number_(instance),
        instance_(services.instances[instance]),
        facts_(facts),
        services_(services),
        limit_(services.stop, instance_.job->time_limit),
        lakes_(services.project, services.database),
        connection_(lakes_.own().connection()) {
    connection_.SetStopToken(limit_.token());
  }

  ReplayReport Run() {
    ReplayReport report;
    report.code_changed = facts_.code_hashes[number_] != record_.code_hash;
    const std::set<std::string> finished = CheckSources();
    OpenViews();
    StepRunner runner(
        {.values = RunValues(instance_, record_.key.interval),
         .project_folder = services_.project.folder,
         .work_folder = services_.project.ScratchFolder() / "work" / (record_.key.id() + ".replay"),
         .run_id = record_.key.id(),
         .seed = record_.seed,
         .finished = finished,
         .stop = limit_.token()},
        services_.steps);
    const StepResult steps = runner.Run(*instance_.job, connection_);
    CompareOutputs(report);
    for (const PendingEffect& effect : steps.effects) {
      report.effects.push_back(services_.send ? runner.RunEffect(effect, connection_).sent
                                              : runner.Describe(effect) + " (not sent)");
    }
    return report;
  }

 private:
  [[noreturn]] void Refuse(const std::string& why) const {
    throw UserError("{}: {}; 'weir backfill {} --on {}' runs the interval anew", record_.key.id(),
                    why, record_.key.job, instance_.schedule.Day(record_.key.interval));
  }

  const InputRecord* InputOf(const std::string& name) const {
    const auto found = std::ranges::find(record_.inputs, name, &InputRecord::name);
    return found == record_.inputs.end() ? nullptr : &*found;
  }

  // The files outside must be as they were. Returns those that a stream's batch left alone.
  std::set<std::string> CheckSources() {
    if (instance_.job->is_stream) {
      return FilesOfOtherBatches();
    }
    const auto& source = facts_.sources[number_];
    const std::string day = instance_.schedule.Day(record_.key.interval);
    const int hour = instance_.schedule.Hour(record_.key.interval);
    for (const InputRecord& input : record_.inputs) {
      if (input.table == kSourceFiles &&
          (!source || source->DigestOf(input.name, day, hour) != input.files)) {
        Refuse(fmt::format("the files outside that step '{}' read have changed since", input.name));
      }
    }
    return {};
  }

  std::set<std::string> FilesOfOtherBatches() {
    std::set<std::string> others;
    for (const std::string& file : record_.files_read) {
      if (IsOffsetsText(file)) {
        Refuse(fmt::format("{} were messages of Kafka, which a replay can't ask for", file));
      }
    }
    if (const auto all =
            LookAtSources(services_.project, instance_, {}, services_.steps, lakes_.own())) {
      if (!all->problem.empty()) {
        throw ExternalError("{}", all->problem);
      }
      for (const NewInput& input : all->new_inputs) {
        others.insert(input.identity);
      }
    }
    for (const std::string& file : record_.files_read) {
      TakeOut(file, others);
    }
    return others;
  }

  // Takes a file that was read out of those that are there.
  void TakeOut(const std::string& file, std::set<std::string>& others) const {
    const auto identity = connectors::IdentityOfMark(file);
    const auto there = std::ranges::find(others, identity, connectors::IdentityOfMark);
    if (there == others.end()) {
      Refuse(fmt::format("the file {} that it read is gone", identity));
    }
    if (identity != file && *there != file) {  // an earlier program's record has the name alone
      Refuse(fmt::format("the file {} that it read has changed since", identity));
    }
    others.erase(there);
  }

  void OpenViews() {
    const ChainStates no_chain;
    InputSources sources{.lakes = lakes_,
                         .selector = services_.selector,
                         .instances = services_.instances,
                         .chain = no_chain};
    PinEnvironments();
    std::vector<Reading> readings;
    readings.reserve(instance_.reads.size());
    for (const InstanceInput& input : instance_.reads) {
      readings.push_back(RecordedReading(input, sources.pinned));
    }
    for (const RunInput& input : OpenRecorded(readings, sources)) {
      const InputRecord* read = InputOf(input.record.name);
      if (!read->table_id.empty() && !input.record.table_id.empty() &&
          read->table_id != input.record.table_id) {
        Refuse(fmt::format("{}, which it read, was dropped and made anew", read->table));
      }
      CheckFiles(input.folder, input.record.version, input.files);
      connection_.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                  sql::QuoteName(input.record.name), input.select));
    }
  }

  // Each table is read in the environment in which the run read it.
  void PinEnvironments() {
    for (const InputRecord& input : record_.inputs) {
      const bool in_other = input.note.starts_with(kFromEnvironment);
      if (in_other && input.note != kFromEnvironment + lakes_.other_name()) {
        Refuse(fmt::format("it read {} {}, which this environment doesn't read from now",
                           input.table, input.note));
      }
      if (input.version >= 0 && input.table != kSourceFiles) {
        lakes_.Pin(input.table, in_other);
      }
    }
  }

  std::vector<RunInput> OpenRecorded(const std::vector<Reading>& readings,
                                     const InputSources& sources) {
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const std::string& table = instance_.reads[i].input.table;
      const auto pinned = sources.pinned.find(table);
      OpenKept(table, pinned == sources.pinned.end() ? readings[i].version : pinned->second);
    }
    return OpenInputs(instance_, record_.key.interval, readings, sources);
  }

  Reading RecordedReading(const InstanceInput& input, std::map<std::string, std::int64_t>& pinned) {
    const InputRecord* read = InputOf(input.input.name);
    if (read == nullptr) {
      Refuse(fmt::format("it did not read '{}', which its job reads now", input.input.name));
    }
    if (input.input.previous && read->version < 0 && WasHandedOn(*read)) {
      Refuse(
          fmt::format("the state of {} that it read was handed on inside {}, and never committed",
                      input.input.table, ChainText()));
    }
    Reading now = ReadingOf(services_.instances, number_, input, record_.key.interval, facts_);
    const bool of_state = now.kind == ReadingKind::kVersion || now.kind == ReadingKind::kGone;
    if (!read->writer_run.empty() || (of_state && read->version >= 0)) {
      return {.kind = ReadingKind::kVersion,
              .version = read->version,
              .writer_run = read->writer_run,
              .note = read->note};
    }
    pinned[input.input.table] = read->version;
    if (of_state) {
      now = {.kind = ReadingKind::kEmpty};
    }
    return now;
  }

  // Of an input that has no version: the first run of a chain starts from none or a committed one.
  bool WasHandedOn(const InputRecord& read) const {
    const bool later_in_chain = !record_.chain.empty() && record_.chain != record_.key.id();
    return later_in_chain || !read.writer_run.empty();
  }

  std::string ChainText() const {
    return record_.chain.empty() ? "a chain" : "the chain that begins with " + record_.chain;
  }

  // Whether the log still knows a version.
  Snapshot OpenKept(const std::string& table, std::int64_t version) {
    lake::Warehouse& warehouse = lakes_.Of(table);
    try {
      return version < 0
                 ? Snapshot()
                 : warehouse.Open(warehouse.FolderOf(table), {.version = version, .as_of = {}});
    } catch (const UserError& problem) {
      Refuse(
          fmt::format("version {} of {} is no longer kept ({})", version, table, problem.what()));
    }
  }

  // Whether the files of a version that are needed are still there.
  void CheckFiles(const lake::TableFolder& folder, std::int64_t version,
                  const std::vector<AddFile>& files) const {
    for (const AddFile& file : files) {
      const std::string key = lake::KeyOfPath(folder, file.path);
      const bool is_elsewhere = key.starts_with('/') || key.find("://") != std::string::npos;
      if (!is_elsewhere && !folder.store->Head(key)) {
        Refuse(fmt::format("version {} of {} is no longer whole: its file {} is gone{}", version,
                           folder.name, file.path, SinceWhen(folder, version)));
      }
    }
  }

  // Vacuum deletes what a later version removed: the time of that removal.
  static std::string SinceWhen(const lake::TableFolder& folder, std::int64_t version) {
    for (const lake::HistoryEntry& entry : lake::ReadHistory(folder, 0)) {
      if (entry.version == version + 1) {
        return fmt::format(" (replaced at {} by version {})",
                           FormatTimestamp(entry.timestamp * 1000), entry.version);
      }
    }
    return "";
  }

  // Version v was made by this run, or v is what it left as it was.
  std::int64_t BaseOf(const OutputRecord& made) {
    const lake::CommitInfo info =
        lake::ReadCommitInfo(lakes_.own().FolderOf(made.table), made.version);
    return info.run_id == record_.key.id() ? made.version - 1 : made.version;
  }

  void CompareOutputs(ReplayReport& report) {
    lake::CommitInfo origin;
    origin.run_id = record_.key.id();
    origin.job = instance_.name();
    OutputTask task{.instance = instance_, .interval = record_.key.interval, .origin = origin};
    bool writes_state = false;
    for (const project::Output& output : instance_.writes) {
      const OutputRecord* made = OutputOf(record_, output.table);
      if (made == nullptr) {
        Refuse(fmt::format("it did not write {}, which its job writes now", output.table));
      }
      if (made->version >= 0) {
        OpenKept(output.table, made->version);
        task.bases[output.table] = BaseOf(*made);
        OpenKept(output.table, task.bases[output.table]);
      }
      writes_state = writes_state || (!output.IsIntervalTable() && made->version >= 0);
    }
    task.skips_state = !writes_state;
    if (!record_.chain.empty() && !instance_.writes.empty() && task.bases.empty()) {
      Refuse(
          fmt::format("what it wrote was handed on inside {} and never committed, so there is "
                      "nothing to compare with",
                      ChainText()));
    }
    if (!record_.chain.empty() && instance_.MergesState()) {
      Refuse("it merged into a state from before, which " + ChainText() + " took up");
    }
    const std::vector<StagedOutput> staged = StageOutputs(task, lakes_.own(), {});
    try {
      for (const StagedOutput& output : staged) {
        report.tables.push_back(Compare(task, output));
      }
    } catch (...) {
      Discard(staged);
      throw;
    }
    Discard(staged);
  }

  ReplayedTable Compare(const OutputTask& task, const StagedOutput& staged) {
    const project::Output& output = *staged.output;
    lake::Warehouse& warehouse = lakes_.own();
    const std::int64_t version = OutputOf(record_, output.table)->version;
    Snapshot recorded = warehouse.Open(staged.folder, {.version = version, .as_of = {}});
    Snapshot replayed = staged.after;
    if (output.mode == project::OutputMode::kAppend) {
      recorded.files = Without(recorded.files, staged.base.files);
      replayed.files = Without(replayed.files, staged.base.files);
    }
    const lake::PartitionValues partition = ReplacedPartition(task, output);
    Keep(partition, recorded);
    Keep(partition, replayed);
    CheckFiles(staged.folder, version, recorded.files);
    return {.table = output.table,
            .version = version,
            .recorded = FingerprintOf(warehouse, {staged.folder, recorded}, {}),
            .replayed = FingerprintOf(warehouse, {staged.folder, replayed}, {})};
  }

  // Only files of the partition.
  static void Keep(const lake::PartitionValues& partition, Snapshot& snapshot) {
    std::erase_if(snapshot.files, [&](const AddFile& file) {
      return !std::ranges::all_of(partition, [&](const auto& part) {
        const auto value = file.partition_values.find(part.first);
        return value != file.partition_values.end() && value->second == part.second;
      });
    });
  }

  static void Discard(const std::vector<StagedOutput>& staged) {
    for (const StagedOutput& output : staged) {
      for (const AddFile& file : Without(output.changes.adds, output.base.files)) {
        output.folder.store->Delete(lake::KeyOfPath(output.folder, file.path));
      }
    }
  }

  const RunRecord& record_;
  std::size_t number_;
  const JobInstance& instance_;
  const PlanFacts& facts_;
  RunServices& services_;
  TimeLimit limit_;
  Lakes lakes_;
  sql::Connection& connection_;
};

}  // namespace

bool ReplayReport::IsSame() const { return std::ranges::all_of(tables, &ReplayedTable::IsSame); }

ReplayReport ReplayRun(const RunRecord& record, std::size_t instance, const PlanFacts& facts,
                       RunServices& services) {
  if (record.state != RunState::kSucceeded) {
    throw UserError("{} has not succeeded ({}): there is nothing to compare a replay with",
                    record.key.id(), ToText(record.state));
  }
  return Replay(record, instance, facts, services).Run();
}

}  // namespace weir::jobs
