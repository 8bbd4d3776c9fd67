#include "jobs/run/stream_facts.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "jobs/run/stream_positions.h"
#include "jobs/steps/step_runner.h"

namespace weir::jobs {
namespace {

StepSettings StreamSettings(const project::Project& project, const JobInstance& instance) {
  return {.values = instance.values,
          .project_folder = project.folder,
          .work_folder = project.folder / ".weir" / "work" / instance.job->name,
          .run_id = instance.job->name};
}

void TakeEarlier(std::optional<Micros>& until, const std::optional<Micros>& other) {
  if (other) {
    until = std::min(until.value_or(*other), *other);
  }
}

class StreamLook {
 public:
  StreamLook(const project::Project& project, const JobInstance& instance, const InstanceRuns& runs,
             const StepServices& steps, lake::Warehouse& warehouse)
      : instance_(instance),
        runs_(runs),
        newest_(runs.succeeded.empty() ? 0 : runs.succeeded.back().key.interval.start),
        sends_(project.environment.send && newest_ > 0),
        connection_(warehouse.connection()),
        runner_(SettingsOf(project, warehouse), steps) {}

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
  StepSettings SettingsOf(const project::Project& project, lake::Warehouse& warehouse) const {
    StepSettings settings = StreamSettings(project, instance_);
    settings.finished = ReadInputsOf(runs_);
    settings.positions = StreamPositions(instance_, warehouse);
    settings.batch = newest_;
    return settings;
  }

  // Whether what a look asks has answered; else the facts have the problem.
  template <typename Act>
  bool Reaches(const Act& act) {
    try {
      act();
    } catch (const ExternalError& problem) {
      if (facts_.problem.empty()) {
        facts_.problem = problem.what();
        LogWarning("{}: {}", instance_.name(), facts_.problem);
      }
      return false;
    }
    return true;
  }

  // What is still to be read, and until when the sources are complete then.
  void LookAtSources() {
    const Micros now = Now();
    for (const project::Step& step : instance_.job->steps) {
      if (!step.IsSource()) {
        continue;
      }
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
          return run.key.interval.start <= batch && run.read_until > 0;
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
  StepRunner runner_;
  SourceFacts facts_;
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
    }
  }
  return all;
}

std::int64_t BatchBytesOfSource(const project::Job& job) {
  const auto sources = std::ranges::count_if(job.steps, &project::Step::IsSource);
  return job.batch_bytes / std::max<std::int64_t>(sources, 1);
}

std::set<std::string> ReadInputsOf(const InstanceRuns& runs) {
  std::set<std::string> read;
  for (const RunRecord& run : runs.succeeded) {
    std::ranges::copy_if(run.files_read, std::inserter(read, read.end()),
                         [](const std::string& file) { return !IsOffsetsText(file); });
  }
  return read;
}

}  // namespace weir::jobs
