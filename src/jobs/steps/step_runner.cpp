#include "jobs/steps/step_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/declared_settings.h"
#include "base/error.h"
#include "base/log.h"
#include "jobs/steps/command_step.h"
#include "jobs/steps/operator_step.h"
#include "jobs/steps/time_limit.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::StepKind;

std::vector<std::string> RelationsOf(const project::Step& step) {
  return step.out.empty() && step.kind == StepKind::kSql ? std::vector{step.name} : step.out;
}

// Removes what an attempt that failed left, so that the next may begin.
void DropRelation(sql::Connection& connection, const std::string& relation) {
  for (const char* what : {"VIEW", "TABLE"}) {
    try {
      connection.Run(fmt::format("DROP {} IF EXISTS temp.{}", what, sql::QuoteName(relation)));
    } catch (const UserError& problem) {  // it is the other of both
      LogDebug("{}", problem.what());
    }
  }
}

bool IsTable(sql::Connection& connection, const std::string& relation) {
  return connection.QueryInteger(
             fmt::format("SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = {}",
                         sql::QuoteText(relation))) > 0;
}

// Whether a relation's rows are kept, so that counting them computes nothing again. Only connectors
// decide it for themselves; a look into the catalogue at each step would cost steps squared.
bool IsKept(const StepScope& scope, const std::string& relation) {
  switch (scope.step.kind) {
    case StepKind::kSql:
    case StepKind::kOperator:
      return scope.use.readers(relation) > 1;
    case StepKind::kCommand:
      return true;
    case StepKind::kConnector:
      return IsTable(scope.connection, relation);
  }
  return false;
}

// Rows of a step's relations; -1 if one of them is only computed when it is read.
std::int64_t CountRows(const StepScope& scope) {
  std::int64_t rows = 0;
  for (const std::string& relation : RelationsOf(scope.step)) {
    if (!IsKept(scope, relation)) {
      return -1;
    }
    rows += scope.connection.QueryInteger(
        fmt::format("SELECT count(*) FROM {}", sql::QuoteName(relation)));
  }
  return rows;
}

// Whether an attempt found a stream that the one before it had begun to read: what failed then is
// the reason.
bool IsSpentStream(const UserError& error) {
  return std::string_view(error.what()).find("was already read; ") != std::string_view::npos;
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Lets an operator load what it needs while the steps before it run. What goes wrong is told when
// its turn comes.
void PrepareStep(const StepScope& scope) {
  if (scope.step.kind != StepKind::kOperator) {
    return;
  }
  try {
    const operators::Operator& op = scope.services.operators.Find(scope.step.what);
    op.Prepare(CompleteSettings(op.declaration().settings, scope.Fill(scope.step.with)),
               scope.settings.project_folder);
  } catch (const std::exception& problem) {
    LogDebug("step '{}' can't be prepared: {}", scope.step.name,
             scope.services.connections.secrets().Redact(problem.what()));
  }
}

// What one step needs that isn't run with its job.
class LoneStep {
 public:
  LoneStep(const project::Step& step, const StepSettings& settings, const StepServices& services,
           sql::Connection& connection)
      : kept_(services.database, settings.work_folder),
        use_({}, settings.values, services.operators, connection),
        scope_{.step = step,
               .settings = settings,
               .services = services,
               .use = use_,
               .connection = connection,
               .kept = kept_,
               .stop = settings.stop} {}
  LoneStep(const LoneStep&) = delete;
  LoneStep& operator=(const LoneStep&) = delete;

  const StepScope& scope() const { return scope_; }

 private:
  KeptRows kept_;
  RelationUse use_;
  StepScope scope_;
};

}  // namespace

StepRunner::StepRunner(StepSettings settings, const StepServices& services)
    : settings_(std::move(settings)), services_(services) {}

StepResult StepRunner::Run(const project::Job& job, sql::Connection& connection) {
  StepResult result;
  result.kept = std::make_unique<KeptRows>(services_.database, settings_.work_folder);
  result.effects = EffectsOf(job, services_.connectors);
  connection.SetStopToken(settings_.stop);
  RelationUse use(job, settings_.values, services_.operators, connection);
  for (const std::string& relation : settings_.also_read) {
    use.AddReaders(relation);
  }
  const auto scope_of = [&](const project::Step& step) {
    return StepScope{.step = step,
                     .settings = settings_,
                     .services = services_,
                     .use = use,
                     .connection = connection,
                     .kept = *result.kept,
                     .stop = settings_.stop};
  };
  for (const project::Step& step : job.steps) {
    PrepareStep(scope_of(step));
  }
  for (const project::Step& step : job.steps) {
    if (step.IsSink()) {
      continue;
    }
    const StepScope scope = scope_of(step);
    StepRecord record =
        Timed(scope, [&](const StepScope& limited) { RunStep(limited, job, result); });
    record.rows = CountRows(scope);
    result.steps.push_back(std::move(record));
  }
  return result;
}

void StepRunner::RunStep(const StepScope& scope, const project::Job& job,
                         StepResult& result) const {
  for (const std::string& relation : RelationsOf(scope.step)) {
    DropRelation(scope.connection, relation);
  }
  switch (scope.step.kind) {
    case StepKind::kSql:
      scope.Define(RelationsOf(scope.step).at(0),
                   OneStatement(project::FillSql(scope.step.text, settings_.values)));
      break;
    case StepKind::kOperator:
      RunOperatorStep(scope);
      break;
    case StepKind::kConnector:
      result.readings.push_back(RunSource(scope));
      break;
    case StepKind::kCommand:
      RunCommandStep(scope, job.folder);
      break;
  }
}

// One step with its time limit and retries; errors get its name and lose secrets.
StepRecord StepRunner::Timed(const StepScope& scope,
                             const std::function<void(const StepScope&)>& work) const {
  const auto start = std::chrono::steady_clock::now();
  const project::Step& step = scope.step;
  if (settings_.started) {
    settings_.started(step.name);
  }
  const TimeLimit limit(settings_.stop, step.time_limit);
  StepScope limited = scope;
  limited.stop = limit.token();
  scope.connection.SetStopToken(limit.token());
  const auto restore = [&] { scope.connection.SetStopToken(settings_.stop); };
  const auto message = [&](const std::string& text) {
    return services_.connections.secrets().Redact(fmt::format("step '{}': {}", step.name, text));
  };
  StepRecord record{.name = step.name, .rows = 0, .seconds = 0, .retries = 0};
  std::string first_failure;
  try {
    const RetryPolicy policy{
        .retries = step.retries, .sleep = services_.sleep, .log = [&](const std::string& line) {
          first_failure = first_failure.empty() ? line : first_failure;
          scope.Log(line);
        }};
    record.retries = WithRetries(policy, limit.token(), [&] { work(limited); });
  } catch (const CancelledError&) {
    restore();
    if (limit.has_passed()) {
      throw UserError("{}", message(fmt::format("it ran past its time limit of {}",
                                                DurationText(*step.time_limit))));
    }
    throw;
  } catch (const UserError& error) {
    restore();
    if (!first_failure.empty() && IsSpentStream(error)) {
      throw ExternalError("{}", message(first_failure));
    }
    throw UserError("{}", message(error.what()));
  } catch (const ExternalError& error) {
    restore();
    throw ExternalError("{}", message(error.what()));
  }
  restore();
  record.seconds = SecondsSince(start);
  return record;
}

connectors::ConnectorContext StepRunner::ContextOf(const StepScope& scope,
                                                   connectors::Direction direction) const {
  const connectors::Connector& connector = services_.connectors.Find(scope.step.what);
  const bool is_in = direction == connectors::Direction::kIn;
  const std::string relation = is_in ? scope.step.out.at(0) : scope.step.in.at(0).second;
  const auto columns = scope.step.columns.find(relation);
  connectors::SentBefore sent = settings_.sent;
  if (const auto batch = settings_.sent_batches.find(scope.step.name);
      batch != settings_.sent_batches.end()) {
    sent.batch = batch->second;
  }
  return {
      .database = services_.database,
      .connection = scope.connection,
      .connections = services_.connections,
      .folder = settings_.project_folder,
      .settings = connectors::CompleteSettings(connector, direction, scope.Fill(scope.step.with)),
      .relation = relation,
      .relations = scope.step.in,
      .columns = columns == scope.step.columns.end() ? "" : columns->second,
      .run_id = settings_.run_id,
      .finished = settings_.finished,
      .positions = settings_.positions,
      .batch = settings_.batch,
      .limit_bytes = settings_.batch_bytes,
      // What a source gives may be read after its step has ended.
      .stop = is_in ? settings_.stop : scope.stop,
      .sent = std::move(sent)};
}

// A source's rows come once; those with more readers are kept in a table.
SourceReading StepRunner::RunSource(const StepScope& scope) const {
  connectors::ConnectorContext context = ContextOf(scope, connectors::Direction::kIn);
  const std::string relation = context.relation;
  const bool is_kept = scope.use.readers(relation) > 1;
  if (is_kept) {
    context.relation = relation + " (read once)";
  }
  connectors::ReadReport report = services_.connectors.Find(scope.step.what).Read(context);
  if (is_kept) {
    scope.Define(relation, "FROM " + sql::QuoteName(context.relation));
    DropRelation(scope.connection, context.relation);
  }
  return {.step = scope.step.name,
          .finished = std::move(report.finished),
          .complete_until = report.complete_until,
          .positions = std::move(report.positions),
          .confirm = std::move(report.confirm)};
}

std::vector<connectors::PendingInput> StepRunner::Pending(const project::Step& step,
                                                          sql::Connection& connection) const {
  const LoneStep alone(step, settings_, services_, connection);
  connectors::ConnectorContext context = ContextOf(alone.scope(), connectors::Direction::kIn);
  return services_.connectors.Find(step.what).Pending(context);
}

std::vector<connectors::PendingInput> StepRunner::Unsent(const project::Step& step,
                                                         sql::Connection& connection) const {
  const LoneStep alone(step, settings_, services_, connection);
  connectors::ConnectorContext context = ContextOf(alone.scope(), connectors::Direction::kOut);
  return services_.connectors.Find(step.what).Unsent(context);
}

std::optional<Micros> StepRunner::CompleteUntil(const project::Step& step, Micros now,
                                                sql::Connection& connection) const {
  const LoneStep alone(step, settings_, services_, connection);
  connectors::ConnectorContext context = ContextOf(alone.scope(), connectors::Direction::kIn);
  return services_.connectors.Find(step.what).CompleteUntil(context, now);
}

connectors::TopicLinks StepRunner::Topics(const project::Step& step,
                                          sql::Connection& connection) const {
  const LoneStep alone(step, settings_, services_, connection);
  const auto direction = step.in.empty() ? connectors::Direction::kIn : connectors::Direction::kOut;
  return services_.connectors.Find(step.what).Topics(ContextOf(alone.scope(), direction));
}

void StepRunner::SetCommitted(const std::vector<connectors::StreamPosition>& positions,
                              const std::string& stream_id) {
  settings_.sent.stream_id = stream_id;
  for (const connectors::StreamPosition& position : positions) {
    const auto known =
        std::ranges::find_if(settings_.positions, [&](const connectors::StreamPosition& other) {
          return other.topic == position.topic && other.partition == position.partition;
        });
    if (known == settings_.positions.end()) {
      settings_.positions.push_back(position);
    } else {
      known->next = position.next;
    }
  }
}

StepRunner::EffectReport StepRunner::RunEffect(const PendingEffect& effect,
                                               sql::Connection& connection) {
  const LoneStep alone(*effect.step, settings_, services_, connection);
  connectors::SendReport report;
  StepRecord record = Timed(alone.scope(), [&](const StepScope& limited) {
    connectors::ConnectorContext context = ContextOf(limited, connectors::Direction::kOut);
    report = services_.connectors.Find(effect.step->what).Send(context);
  });
  record.rows = report.rows;
  return {.sent = fmt::format("{}: {}", effect.step->name, report.identity),
          .record = record,
          .shown = std::move(report.shown)};
}

std::optional<connectors::SendReport> StepRunner::TakeBack(const project::Step& step,
                                                           const std::string& users,
                                                           sql::Connection& connection) {
  const LoneStep alone(step, settings_, services_, connection);
  connectors::ConnectorContext context = ContextOf(alone.scope(), connectors::Direction::kOut);
  return services_.connectors.Find(step.what).TakeBack(context, users);
}

connectors::HeldPeople StepRunner::Held(const project::Step& step, const std::string& users,
                                        sql::Connection& connection) const {
  const LoneStep alone(step, settings_, services_, connection);
  connectors::ConnectorContext context = ContextOf(alone.scope(), connectors::Direction::kOut);
  return services_.connectors.Find(step.what).Held(context, users);
}

void StepRunner::Serve(const project::Job& job, sql::Connection& connection,
                       const connectors::ServiceSurroundings& surroundings) const {
  const bool is_served =
      job.is_service && job.steps.size() == 2 && job.steps[0].IsSource() && job.steps[1].IsSink();
  if (!is_served) {
    throw UserError(
        "{}:{}: job '{}' can't be served; it needs 'kind: service' and two steps: a connector that "
        "answers requests, with 'out', and one that takes what it accepts, with 'in'",
        job.place.file, job.place.line, job.name);
  }
  const LoneStep requests_step(job.steps[0], settings_, services_, connection);
  const LoneStep events_step(job.steps[1], settings_, services_, connection);
  auto requests = ContextOf(requests_step.scope(), connectors::Direction::kIn);
  auto events = ContextOf(events_step.scope(), connectors::Direction::kOut);
  const auto log = services_.connectors.Find(job.steps[1].what).OpenLog(events);
  services_.connectors.Find(job.steps[0].what).Serve(requests, *log, surroundings);
  log->Close();
}

std::string StepRunner::Describe(const PendingEffect& effect) const {
  std::string text = fmt::format("{}: {} to", effect.step->name, effect.step->what);
  for (const char* setting : {"connection", "table", "path"}) {
    if (effect.step->with.is_object() && effect.step->with.contains(setting) &&
        effect.step->with.at(setting).is_string()) {
      text += ' ' +
              project::FillText(effect.step->with.at(setting).get<std::string>(), settings_.values);
    }
  }
  return text;
}

std::vector<PendingEffect> EffectsOf(const project::Job& job,
                                     const connectors::ConnectorTable& connectors) {
  std::vector<PendingEffect> effects;
  for (const project::Step& step : job.steps) {
    if (step.IsSink()) {
      const auto effect = connectors.Find(step.what).declaration().effect;
      effects.push_back({.step = &step, .external = effect == connectors::Effect::kExternal});
    }
  }
  return effects;
}

std::vector<std::string> StepMistakes(const project::Step& step, const StepServices& services) {
  try {
    if (step.kind == StepKind::kOperator) {
      std::vector<std::string> arguments;
      arguments.reserve(step.in.size());
      for (const auto& [argument, relation] : step.in) {
        arguments.push_back(argument);
      }
      return operators::StepMistakes(services.operators.Find(step.what), step.with, arguments,
                                     step.out.size());
    }
    if (step.kind == StepKind::kConnector) {
      const auto direction =
          step.IsSink() ? connectors::Direction::kOut : connectors::Direction::kIn;
      return connectors::StepMistakes(services.connectors.Find(step.what), direction, step.with,
                                      step.in.size());
    }
    if (step.kind == StepKind::kCommand) {
      return CommandMistakes(step);
    }
    return {};
  } catch (const UserError& error) {
    return {error.what()};
  }
}

}  // namespace weir::jobs
