#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "jobs/ledger/run_record.h"
#include "jobs/steps/step_settings.h"
#include "project/job.h"

namespace weir::jobs {

// A connector step that writes (`in:`, no `out:`): done after the run's commit, when its checks
// have passed.
struct PendingEffect {
  const project::Step* step = nullptr;  // of the job, which must outlive this
  bool external = false;                // false: a file of the project's own, harmless to repeat
};

// What a connector read.
struct SourceReading {
  std::string step;
  std::vector<std::string> finished;  // to be recorded with the commit
  std::optional<Micros> complete_until;
  std::vector<connectors::StreamPosition> positions{};  // to be committed with the data
  std::function<void()> confirm{};                      // to be called after the commit, if any
};

struct StepResult {
  std::vector<StepRecord> steps;  // rows are -1 where they stream on and nobody has counted them
  std::vector<SourceReading> readings;
  std::vector<PendingEffect> effects;
  // What the relations stand on: they can be read as long as this and the connection live.
  std::unique_ptr<KeptRows> kept;
};

// Runs the steps of a job, in order, on one connection on which the inputs are relations named as
// in `reads`. Afterwards all relations of the job are there, too: ready to be checked and written.
// An SQL step becomes a view if it has one reader (a later step, a write, a check), else a table.
// Relations of streams and of operators that have one reader can be read once.
class StepRunner {
 public:
  StepRunner(StepSettings settings, const StepServices& services);

  // Throws UserError or ExternalError beginning with the step's name, without secrets, and
  // CancelledError after a stop.
  StepResult Run(const project::Job& job, sql::Connection& connection);

  // What a reading connector step has still to read.
  std::vector<connectors::PendingInput> Pending(const project::Step& step,
                                                sql::Connection& connection) const;

  // The same of what a writing connector step has still to send.
  std::vector<connectors::PendingInput> Unsent(const project::Step& step,
                                               sql::Connection& connection) const;
  // The connector's CompleteUntil().
  std::optional<Micros> CompleteUntil(const project::Step& step, Micros now,
                                      sql::Connection& connection) const;

  // The connector's Topics().
  connectors::TopicLinks Topics(const project::Step& step, sql::Connection& connection) const;

  // Lets effects know where a stream stands now that its batch has committed, and which one it is.
  void SetCommitted(const std::vector<connectors::StreamPosition>& positions,
                    const std::string& stream_id);
  // Writes out, with the step's retries. `report`, of the ledger's line `sent`, is the step's name
  // with the identity: "publish: postgres shop public.report".
  struct EffectReport {
    std::string sent;
    StepRecord record;
    std::optional<connectors::ShownRows> shown{};
  };
  EffectReport RunEffect(const PendingEffect& effect, sql::Connection& connection);
  // Takes users back from where a writing step sends, see Connector::TakeBack.
  std::optional<connectors::SendReport> TakeBack(const project::Step& step,
                                                 const std::string& users,
                                                 sql::Connection& connection);
  // What is on record of users there, see Connector::Held.
  connectors::HeldPeople Held(const project::Step& step, const std::string& users,
                              sql::Connection& connection) const;
  // Serves: the job's first step is a connector that answers requests, its second one takes what
  // the first accepts. Ends with a stop of the settings; all that was accepted is visible to
  // readers then. Throws UserError for a job that isn't so, and as Run().
  void Serve(const project::Job& job, sql::Connection& connection,
             const connectors::ServiceSurroundings& surroundings) const;

  // "publish: postgres to shop public.report": for plans, dry runs and environments that don't
  // send.
  std::string Describe(const PendingEffect& effect) const;

 private:
  connectors::ConnectorContext ContextOf(const StepScope& scope,
                                         connectors::Direction direction) const;
  SourceReading RunSource(const StepScope& scope) const;
  void RunStep(const StepScope& scope, const project::Job& job, StepResult& result) const;
  StepRecord Timed(const StepScope& scope, const std::function<void(const StepScope&)>& work) const;

  StepSettings settings_;
  const StepServices& services_;
};

// The writing connector steps of a job.
std::vector<PendingEffect> EffectsOf(const project::Job& job,
                                     const connectors::ConnectorTable& connectors);

// Whatever is wrong with a step besides the names of its relations, a line each: unknown operators,
// connectors and settings, missing columns. Needs no data; for the project's loader and `check`.
std::vector<std::string> StepMistakes(const project::Step& step, const StepServices& services);

}  // namespace weir::jobs
