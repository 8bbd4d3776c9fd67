#include "cli/ingest_replay.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/job/run_observer.h"
#include "cli/job/workspace.h"
#include "cli/print_json.h"
#include "cli/units.h"
#include "jobs/run/run_plan.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

using project::Job;
using project::Output;
using project::Step;
using project::StepKind;

constexpr auto kBadEvents = "metastore.bad_events";

// A row for each partition, as good lines are missing between the bad ones.
constexpr auto kLedgerOfReplay = R"(
SELECT * EXCLUDE (maps, ds),
       map_from_entries(list_transform(
         list_sort(list_distinct(flatten(list_transform(maps, lambda one: map_keys(one))))),
         lambda word: struct_pack(
           k := word,
           v := list_sum(list_transform(maps, lambda one: coalesce(one[word], 0)))::BIGINT)))
         AS suppressed_by_reason,
       ds
FROM (
  SELECT job, 'bad_events' AS source, source || '/' || source_partition AS source_partition,
         min(first_offset) AS first_offset, max(last_offset) AS last_offset,
         sum(lines_in)::BIGINT AS lines_in, sum(good)::BIGINT AS good, sum(bad)::BIGINT AS bad,
         sum(duplicate)::BIGINT AS duplicate, sum(suppressed)::BIGINT AS suppressed,
         list(suppressed_by_reason ORDER BY first_offset) AS maps, ds
  FROM {0} GROUP BY ALL
))";
constexpr auto kIngestLedger = "metastore.ingest_ledger";
constexpr auto kChain = "enrich_lines";
constexpr auto kBadBefore = "bad_lines_before";
constexpr auto kBadAfter = "bad_lines_after";
constexpr auto kLedgerAfter = "ledger_of_replay";
// What is kept of other bad lines isn't all that came in, or names an erased id.
constexpr auto kIsWhole = "line IS NOT NULL AND reason NOT IN ('invalid_utf8', 'line_too_long')";

Step SqlStep(std::string relation, std::string text) {
  Step step;
  step.kind = StepKind::kSql;
  step.what = relation;
  step.name = std::move(relation);
  step.text = std::move(text);
  return step;
}

// The ingesting job as it runs bad lines again: its sources are the lines in metastore.bad_events,
// at the positions where they came in; those that are good now leave the table, and the ledger's
// rows have the source bad_events. Everything else of the job is as it is, so that such a run is a
// batch like any other.
class ReplayJob {
 public:
  ReplayJob(Job job, const std::optional<std::string>& reason)
      : job_(std::move(job)), condition_(kIsWhole) {
    condition_ += " AND job = " + sql::QuoteText(job_.name);
    condition_ += reason ? " AND reason = " + sql::QuoteText(*reason) : "";
  }

  Job Make() {
    project::Input before;
    before.name = kBadBefore;
    before.table = kBadEvents;
    before.previous = true;
    before.optional = true;
    job_.reads.push_back(std::move(before));
    for (Step& step : job_.steps) {
      if (step.IsSource()) {
        step = LinesStep(step.out.at(0));
      }
    }
    Redirect(
        kBadEvents, kBadAfter,
        "SELECT * FROM {0} UNION ALL BY NAME SELECT * FROM {1} WHERE job = {2} AND ({3}) IS NOT "
        "TRUE");
    Redirect(kIngestLedger, kLedgerAfter, kLedgerOfReplay);
    OutputTo(kBadEvents).mode = project::OutputMode::kReplace;
    return std::move(job_);
  }

 private:
  Step LinesStep(const std::string& relation) const {
    return SqlStep(
        relation,
        fmt::format("SELECT source_partition, source_offset, encode(line) AS line FROM {} "
                    "WHERE source = {} AND {} ORDER BY source_partition, source_offset",
                    kBadBefore, sql::QuoteText(SourceOf(relation)), condition_));
  }

  // What the lines of a relation are called as a source.
  std::string SourceOf(const std::string& relation) const {
    for (const Step& step : job_.steps) {
      const bool reads = std::ranges::find(step.in, std::pair<std::string, std::string>(
                                                        "lines", relation)) != step.in.end();
      if (step.what == kChain && reads) {
        return step.with.at("source").get<std::string>();
      }
    }
    throw UserError("{}: relation '{}' goes into no step '{}'; its bad lines can't be told",
                    job_.name, relation, kChain);
  }

  Output& OutputTo(const std::string& table) {
    return *std::ranges::find(job_.writes, table, &Output::table);
  }

  // Lets `relation` be written in place of what the job writes to a table.
  void Redirect(const std::string& table, const std::string& relation, const std::string& sql) {
    Output& output = OutputTo(table);
    job_.steps.push_back(
        SqlStep(relation, fmt::format(fmt::runtime(sql), sql::QuoteName(output.from), kBadBefore,
                                      sql::QuoteText(job_.name), condition_)));
    output.from = relation;
  }

  Job job_;
  std::string condition_;  // of lines that run again
};

bool Ingests(const Job& job) {
  const auto writes = [&](const char* table) {
    return std::ranges::find(job.writes, table, &Output::table) != job.writes.end();
  };
  return job.is_stream && writes(kBadEvents) && writes(kIngestLedger) &&
         std::ranges::find(job.steps, kChain, &Step::what) != job.steps.end();
}

// What became of the lines that were run again so far, by the ledger.
struct Counts {
  std::int64_t lines = 0;
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t duplicate = 0;
  std::int64_t suppressed = 0;
};

Counts ReadCounts(lake::Warehouse& warehouse) {
  const lake::TableFolder folder = warehouse.FolderOf(kIngestLedger);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  if (!snapshot.exists()) {
    return {};
  }
  const auto rows = warehouse.connection()
                        .Query(fmt::format("SELECT coalesce(sum(lines_in), 0)::BIGINT,"
                                           " coalesce(sum(good), 0)::BIGINT,"
                                           " coalesce(sum(bad), 0)::BIGINT,"
                                           " coalesce(sum(duplicate), 0)::BIGINT,"
                                           " coalesce(sum(suppressed), 0)::BIGINT FROM ({})"
                                           " WHERE source = 'bad_events'",
                                           lake::ScanSql(folder, snapshot)))
                        .Rows();
  const auto number = [&](std::size_t column) { return std::get<std::int64_t>(rows[0][column]); };
  return {.lines = number(0),
          .good = number(1),
          .bad = number(2),
          .duplicate = number(3),
          .suppressed = number(4)};
}

// Runs the job's next batch over its bad lines.
void RunReplay(Workspace& workspace, const Job& ingesting,
               const std::optional<std::string>& reason) {
  project::Project changed = workspace.project();
  Job& job = *std::ranges::find(changed.jobs, ingesting.name, &Job::name);
  job = ReplayJob(job, reason).Make();
  const std::vector<jobs::JobInstance> instances = jobs::MakeInstances(changed);
  jobs::PlanFacts facts = workspace.Facts();
  const auto instance = static_cast<std::size_t>(
      std::ranges::find(instances, &job, &jobs::JobInstance::job) - instances.begin());
  facts.sources[instance].reset();  // it reads no files this time
  jobs::Plan plan;
  plan.runs.push_back({.instance = instance,
                       .interval = jobs::NextBatch(facts.runs[instance]),
                       .cause = jobs::Cause::kAsked,
                       .why = "bad lines again"});
  std::mutex mutex;
  jobs::SharedSelector selector;
  jobs::SoundSql sound;
  Services& services = workspace.services();
  jobs::RunServices runs{.project = changed,
                         .instances = instances,
                         .database = services.database(),
                         .ledger = workspace.ledger(),
                         .ledger_mutex = mutex,
                         .selector = selector,
                         .sound = sound,
                         .steps = workspace.steps(),
                         .stop = services.stop()};
  const auto observer = MakeRunObserver(services);
  const jobs::RunPlanSummary summary = jobs::RunPlan(plan, facts, runs, 1, *observer);
  if (summary.held > 0) {
    throw ExternalError("{} is running in another process: try again when its batch has ended",
                        job.name);
  }
  if (summary.succeeded == 0) {
    throw UserError(
        "{}", summary.records.empty() ? "the run was stopped" : summary.records.front().error);
  }
}

void BadLineReplay(const Arguments& arguments, Services& services) {
  Workspace workspace(services);
  lake::Warehouse& warehouse = workspace.lakes().own();
  const Counts before = ReadCounts(warehouse);
  bool found = false;
  for (const Job& job : workspace.project().jobs) {
    if (Ingests(job)) {
      RunReplay(workspace, job, arguments.OptionalText("--reason"));
      found = true;
    }
  }
  if (!found) {
    throw UserError("no job of this project ingests: a stream with '{}' that writes {} and {}",
                    kChain, kBadEvents, kIngestLedger);
  }
  const Counts after = ReadCounts(warehouse);
  const Counts made{.lines = after.lines - before.lines,
                    .good = after.good - before.good,
                    .bad = after.bad - before.bad,
                    .duplicate = after.duplicate - before.duplicate,
                    .suppressed = after.suppressed - before.suppressed};
  if (services.options().json) {
    services.out() << Json({{"event", "replayed"},
                            {"lines_in", made.lines},
                            {"good", made.good},
                            {"bad", made.bad},
                            {"duplicate", made.duplicate},
                            {"suppressed", made.suppressed}})
                          .dump()
                   << "\n";
    return;
  }
  services.out() << fmt::format(
      "{} bad lines run again: {} good, {} still bad, {} duplicate, {} suppressed\n",
      FormatCount(made.lines), FormatCount(made.good), FormatCount(made.bad),
      FormatCount(made.duplicate), FormatCount(made.suppressed));
}

}  // namespace

Command ReplayOfBadLines() {
  return {
      .name = "replay",
      .summary = "Run bad lines again, after what made them bad was fixed.",
      .details =
          "The lines of metastore.bad_events go through the chain once more, as the job's next\n"
          "batch. Those that are good now stand in the reservoir under the position where they\n"
          "came in, and leave metastore.bad_events. The ledger's rows of it have the source\n"
          "bad_events and don't count in sums over sources. Lines that weren't kept whole\n"
          "(invalid_utf8, line_too_long, those of erased ids) stay as they are.",
      .examples = "weir ingest replay\nweir ingest replay --reason bad_url",
      .parameters = {{.name = "--reason",
                      .value = "REASON",
                      .help = "only lines that were bad for this reason",
                      .choices = {"not_json", "missing_field", "bad_timestamp", "future_timestamp",
                                  "bad_url"}}},
      .run = BadLineReplay};
}

}  // namespace weir::cli
