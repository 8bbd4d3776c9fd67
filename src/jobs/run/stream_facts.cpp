#include "jobs/run/stream_facts.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "jobs/plan/done_runs.h"
#include "jobs/run/stream_positions.h"
#include "jobs/steps/step_runner.h"
#include "lake/history.h"
#include "lake/snapshot.h"

namespace weir::jobs {
namespace {

StepSettings StreamSettings(const project::Project& project, const JobInstance& instance) {
  return {.values = instance.values,
          .project_folder = project.folder,
          .work_folder = project.ScratchFolder() / "work" / instance.job->name,
          .run_id = instance.job->name};
}

void TakeEarlier(std::optional<Micros>& until, const std::optional<Micros>& other) {
  if (other) {
    until = std::min(until.value_or(*other), *other);
  }
}

// 0: none. Intervals, of a time when the job was no stream, are behind the batches.
Micros NewestBatch(const InstanceRuns& runs) {
  const auto newest = std::find_if(runs.succeeded.rbegin(), runs.succeeded.rend(),
                                   [](const RunRecord& run) { return IsBatch(run.key.interval); });
  return newest == runs.succeeded.rend() ? 0 : newest->key.interval.start;
}

class StreamLook {
 public:
  StreamLook(const project::Project& project, const JobInstance& instance, const InstanceRuns& runs,
             const StepServices& steps, lake::Warehouse& warehouse)
      : instance_(instance),
        runs_(runs),
        newest_(NewestBatch(runs)),
        sends_(project.environment.send && newest_ > 0),
        connection_(warehouse.connection()),
        facts_(FactsOfTables(warehouse)),
        runner_(SettingsOf(project, steps, warehouse), steps) {}

  SourceFacts Look() {
    const bool knows_sources = Reaches([this] { LookAtSources(); });
    std::int64_t unsent = 0;
    if (sends_ && !Reaches([&] { unsent = LookAtSinks(); })) {
      unsent = newest_;  // whatever has been committed
    }
    facts_.unsent = unsent > 0 || !knows_sources;
    if (!knows_sources) {  // a batch would fail
      facts_.new_inputs.clear();
      facts_.complete_until = 0;
    }
    if (facts_.complete_until) {
      Reaches([&] {
        facts_.read_until = ReadBy(newest_);
        facts_.sent_until = ReadBy(newest_ - unsent);
      });
    }
    if (!knows_sources) {
      facts_.complete_until = facts_.read_until.value_or(0);
    }
    return std::move(facts_);
  }

 private:
  // What the stream's tables still hold of its batches.
  SourceFacts FactsOfTables(lake::Warehouse& warehouse) const {
    SourceFacts facts;
    if (runs_.succeeded.empty()) {
      return facts;
    }
    std::vector<std::string> names;
    std::ranges::transform(instance_.writes, std::back_inserter(names), &project::Output::table);
    std::map<std::string, TableFacts> tables;
    const std::vector<lake::Snapshot> snapshots = warehouse.OpenTogether(names, false);
    for (std::size_t i = 0; i < names.size(); ++i) {
      tables[names[i]] = {.latest = snapshots[i].version, .id = snapshots[i].metadata.id};
    }
    for (const RunRecord& run : runs_.succeeded) {
      NoteWhatIsGone(run, tables, facts);
    }
    return facts;
  }

  // A table of another name, or that the job writes no more, doesn't have the batch for it.
  static void NoteWhatIsGone(const RunRecord& run, const std::map<std::string, TableFacts>& tables,
                             SourceFacts& facts) {
    std::set<std::string> gone;
    bool made_any = false;
    bool holds_any = false;
    for (const OutputRecord& made : run.outputs) {
      if (made.version < 0) {
        continue;
      }
      made_any = true;
      const bool is_written = tables.contains(made.table);
      const bool is_there = std::ranges::any_of(tables, [&](const auto& table) {
        const bool moved = !made.table_id.empty() && table.second.id == made.table_id;
        return (moved || table.first == made.table) && IsStillThere(made, table.second);
      });
      holds_any = holds_any || is_there;
      if (is_written && !is_there) {
        gone.insert(made.table);
      }
    }
    if (made_any && !holds_any) {
      facts.dropped.insert(run.key.interval.start);
    } else {
      facts.lacking.insert(gone.begin(), gone.end());
    }
  }

  StepSettings SettingsOf(const project::Project& project, const StepServices& steps,
                          lake::Warehouse& warehouse) const {
    StepSettings settings = StreamSettings(project, instance_);
    settings.finished = ReadInputsOf(runs_, facts_.dropped);
    settings.positions = StreamPositions(instance_, warehouse);
    settings.batch = newest_;
    settings.sent_batches = SentBatchesOf(runs_);
    if (sends_) {
      settings.sent.sources = TopicsOf(project, instance_, steps, warehouse.connection()).numbered;
    }
    for (const RunRecord& run : runs_.succeeded) {
      const std::string id = StreamIdOf(instance_, run);
      settings.sent.stream_id = id.empty() ? settings.sent.stream_id : id;
    }
    return settings;
  }

  // Whether what a look asks has answered; else the facts have the problem.
  template <typename Act>
  bool Reaches(const Act& act) {
    try {
      act();
    } catch (const ExternalError& problem) {
      Note(problem.what());
      return false;
    } catch (const UserError& problem) {  // a topic that is gone, say: others go on
      Note(step_.empty() ? problem.what() : fmt::format("step '{}': {}", step_, problem.what()));
      return false;
    }
    return true;
  }

  void Note(const std::string& problem) {
    if (facts_.problem.empty()) {
      facts_.problem = problem;
      LogWarning("{}: {}", instance_.name(), facts_.problem);
    }
  }

  // What is still to be read, and until when the sources are complete then.
  void LookAtSources() {
    const Micros now = Now();
    for (const project::Step& step : instance_.job->steps) {
      if (!step.IsSource()) {
        continue;
      }
      step_ = step.name;
      TakeEarlier(facts_.complete_until, runner_.CompleteUntil(step, now, connection_));
      for (connectors::PendingInput& input : runner_.Pending(step, connection_)) {
        facts_.new_inputs.push_back({.identity = std::move(input.identity),
                                     .bytes = input.bytes,
                                     .next = input.next,
                                     .end = input.end});
      }
    }
  }

  // What is still to be sent of batches that have committed. Returns how many batches that are.
  std::int64_t LookAtSinks() {
    std::int64_t batches = 0;
    for (const project::Step& step : instance_.job->steps) {
      if (!step.IsSink()) {
        continue;
      }
      step_ = step.name;
      for (connectors::PendingInput& input : runner_.Unsent(step, connection_)) {
        batches = std::max(batches, input.batches);
        facts_.new_inputs.push_back(
            {.identity = std::move(input.identity), .bytes = input.bytes, .unsent = true});
      }
    }
    return batches;
  }

  // Until when the sources were read to their end by a batch: by that of the number, or one before
  // it.
  std::optional<Micros> ReadBy(Micros batch) const {
    const auto record =
        std::find_if(runs_.succeeded.rbegin(), runs_.succeeded.rend(), [&](const RunRecord& run) {
          return run.key.interval.start <= batch && run.read_until > 0 &&
                 !facts_.dropped.contains(run.key.interval.start);
        });
    std::optional<Micros> until;
    if (record != runs_.succeeded.rend()) {
      for (const project::Step& step : instance_.job->steps) {
        if (step.IsSource()) {
          TakeEarlier(until, runner_.CompleteUntil(step, record->read_until, connection_));
        }
      }
    }
    return until;
  }

  const JobInstance& instance_;
  const InstanceRuns& runs_;
  Micros newest_;  // batch
  bool sends_;
  sql::Connection& connection_;
  SourceFacts facts_;
  StepRunner runner_;
  std::string step_;  // that is asked
};

}  // namespace

SourceFacts LookAtStream(const project::Project& project, const JobInstance& instance,
                         const InstanceRuns& runs, const StepServices& steps,
                         lake::Warehouse& warehouse) {
  return StreamLook(project, instance, runs, steps, warehouse).Look();
}

connectors::TopicLinks TopicsOf(const project::Project& project, const JobInstance& instance,
                                const StepServices& steps, sql::Connection& connection) {
  connectors::TopicLinks all;
  if (!instance.job->is_stream) {
    return all;
  }
  const StepRunner runner(StreamSettings(project, instance), steps);
  for (const project::Step& step : instance.job->steps) {
    if (step.IsSource() || (step.IsSink() && project.environment.send)) {
      connectors::TopicLinks links = runner.Topics(step, connection);
      std::ranges::move(links.read, std::back_inserter(all.read));
      std::ranges::move(links.written, std::back_inserter(all.written));
      std::ranges::move(links.numbered, std::back_inserter(all.numbered));
    }
  }
  return all;
}

std::int64_t BatchBytesOfSource(const project::Job& job) {
  const auto sources = std::ranges::count_if(job.steps, &project::Step::IsSource);
  return std::max<std::int64_t>(job.batch_bytes / std::max<std::int64_t>(sources, 1), 1);
}

std::set<std::string> ReadInputsOf(const InstanceRuns& runs, const std::set<Micros>& dropped) {
  std::set<std::string> read;
  for (const RunRecord& run : runs.succeeded) {
    if (!dropped.contains(run.key.interval.start)) {
      std::ranges::copy_if(run.files_read, std::inserter(read, read.end()),
                           [](const std::string& file) { return !IsOffsetsText(file); });
    }
  }
  return read;
}

std::string WhyNotToBegin(const JobInstance& instance, const std::vector<JobInstance>& instances,
                          lake::Warehouse& warehouse) {
  const auto is_known = [&](const std::string& writer) {
    const std::string job = writer.substr(0, writer.find('['));  // of "job[partition]"
    return std::ranges::any_of(instances,
                               [&](const JobInstance& other) { return other.job->name == job; });
  };
  for (const project::Output& output : instance.writes) {
    const lake::TableFolder folder = warehouse.FolderOf(output.table);
    if (lake::LatestVersion(folder) < 0) {
      continue;
    }
    for (const lake::HistoryEntry& entry : lake::ReadHistory(folder, 0)) {
      const bool of_run = !entry.info.interval.empty();  // not of a command, as "forget" is one
      if (of_run && !is_known(entry.info.job)) {
        return fmt::format(
            "{0} holds what job '{1}' wrote, which the project has no more; if {2} is its new "
            "name, all that it has read would be written once more: give the job its name back, "
            "or drop {0} ('weir table drop {0}') to have all read again; 'weir run {2} --full' "
            "adds to the table as it is",
            output.table, entry.info.job, instance.job->name);
      }
    }
  }
  return "";
}

std::map<std::string, std::int64_t> SentBatchesOf(const InstanceRuns& runs) {
  std::map<std::string, std::int64_t> newest;
  for (const RunRecord& run : runs.succeeded) {
    for (const std::string& sent : run.sent) {  // "step: identity"
      if (IsBatch(run.key.interval) && !sent.ends_with(kNotSent)) {
        std::int64_t& batch = newest[sent.substr(0, sent.find(": "))];
        batch = std::max(batch, run.key.interval.start);
      }
    }
  }
  return newest;
}

std::string StreamIdOf(const JobInstance& instance, const RunRecord& run) {
  if (instance.writes.empty()) {
    return "";
  }
  const auto output =
      std::ranges::find(run.outputs, instance.writes.front().table, &OutputRecord::table);
  return output == run.outputs.end() ? "" : output->table_id;
}

}  // namespace weir::jobs
