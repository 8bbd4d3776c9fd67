#include "cli/identity/graph_erasure.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/identity/graph_tables.h"
#include "jobs/run/run_values.h"
#include "jobs/steps/step_runner.h"
#include "lake/delete_rows.h"
#include "lake/forget_versions.h"
#include "lake/operation.h"
#include "lake/scan.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr auto kErasedRows = "rows of the ids that weir identity forget was given";

// The same files come and go in one commit.
lake::Changes Together(lake::Changes removed, const lake::Changes& added) {
  removed.adds.insert(removed.adds.end(), added.adds.begin(), added.adds.end());
  return removed;
}

// One partition's erasure, as a run of its job for the newest day.
class GraphEraser {
 public:
  GraphEraser(Workspace& workspace, const GraphTables& graph, const ScratchIds& ids)
      : workspace_(workspace),
        graph_(graph),
        ids_(ids),
        warehouse_(workspace.lakes().own()),
        connection_(warehouse_.connection()) {
    erasure_.partition = graph.instance->partition;
  }

  GraphErasure Run() {
    const auto newest = NewestState();
    OpenTables();
    if (CountNamed(graph_.evidence) + (newest ? CountNamed(graph_.edges, *newest) : 0) == 0) {
      return std::move(erasure_);
    }
    if (!newest) {
      throw UserError("{} has evidence of the ids, and no state: 'weir run {}' first",
                      graph_.instance->name(), graph_.instance->job->name);
    }
    jobs::Lease lease = TakeLease(*newest);
    erasure_.run_id = lease.record().key.id();
    FindPeople(*newest);
    PlanAll();
    Commit(*newest, lease);
    return std::move(erasure_);
  }

 private:
  // The run that wrote the newest state.
  std::optional<jobs::RunRecord> NewestState() {
    std::vector<jobs::RunRecord> runs =
        workspace_.ledger().NewestSucceeded(graph_.instance->job->name, graph_.instance->partition);
    std::ranges::reverse(runs);
    const auto newest = std::ranges::find_if(runs, [&](const jobs::RunRecord& run) {
      return VersionOf(run, graph_.edges) >= 0 && VersionOf(run, graph_.basis) >= 0;
    });
    return newest == runs.end() ? std::nullopt : std::optional(*newest);
  }

  static std::int64_t VersionOf(const jobs::RunRecord& run, const project::Output* output) {
    const jobs::OutputRecord* made = jobs::OutputOf(run, output->table);
    return made == nullptr ? -1 : made->version;
  }

  void OpenTables() {
    std::vector<std::string> names;
    for (const project::Output* output : graph_.all()) {
      names.push_back(output->table);
    }
    std::vector<lake::Snapshot> snapshots = warehouse_.OpenTogether(names, false);
    for (std::size_t i = 0; i < names.size(); ++i) {
      folders_.emplace(names[i], warehouse_.FolderOf(names[i]));
      bases_[names[i]] = std::move(snapshots[i]);
    }
    if (!graph_.imported.empty()) {
      imported_ = warehouse_.Open(warehouse_.FolderOf(graph_.imported));
    }
  }

  std::int64_t CountNamed(const project::Output* output) {
    return CountIn(output, bases_.at(output->table));
  }
  std::int64_t CountNamed(const project::Output* output, const jobs::RunRecord& run) {
    return CountIn(output, StateAt(output, run));
  }
  std::int64_t CountIn(const project::Output* output, const lake::Snapshot& snapshot) {
    return snapshot.exists()
               ? connection_.QueryInteger(fmt::format(
                     "SELECT count(*) FROM ({}) WHERE {}",
                     lake::ScanSql(folders_.at(output->table), snapshot), NamedIn(snapshot)))
               : 0;
  }

  std::string NamedIn(const lake::Snapshot& snapshot) const {
    return FindPersonalRows(snapshot.metadata.schema, ids_).value().where;
  }

  // As the newest run left it, whatever other programs did to it since. Where older versions went
  // with people who were forgotten, the oldest one that is left took the place of that state
  // (jobs/plan/reading.cpp): it is a commit of no run, and changed no row of it.
  lake::Snapshot StateAt(const project::Output* output, const jobs::RunRecord& run) {
    const lake::TableFolder& folder = folders_.at(output->table);
    return warehouse_.Open(
        folder,
        {.version = std::max(VersionOf(run, output), lake::OldestVersion(folder)), .as_of = {}});
  }

  jobs::Lease TakeLease(const jobs::RunRecord& newest) {
    jobs::RunRecord record;
    record.key = newest.key;
    for (const jobs::RunRecord& run :
         workspace_.ledger().Newest(newest.key.job, newest.key.partition)) {
      if (run.key.interval == newest.key.interval) {
        record.key.generation = std::max(record.key.generation, run.key.generation);
      }
    }
    record.key.generation += 1;
    record.code_hash = newest.code_hash;
    record.seed = newest.seed;
    record.why = "erasure";
    jobs::LeaseAttempt attempt = workspace_.ledger().Take(record);
    if (!attempt.lease) {
      throw ExternalError("{} is held by {}: forget again when it has ended", record.key.id(),
                          attempt.holder ? attempt.holder->text() : "another process");
    }
    return std::move(*attempt.lease);
  }

  // Runs the job's step without `today`: its outputs are relations of the connection then.
  void FindPeople(const jobs::RunRecord& newest) {
    interval_ = newest.key.interval;
    day_ = graph_.instance->schedule.Day(interval_);
    MakeView(graph_.edges, StateAt(graph_.edges, newest), "true");
    MakeView(graph_.mapping, StateAt(graph_.mapping, newest), "true");
    MakeView(graph_.basis, StateAt(graph_.basis, newest), "true");
    MakeView(graph_.violations, bases_.at(graph_.violations->table), IsOfDay());
    const lake::TableFolder list = warehouse_.FolderOf(graph_.erased_list);
    connection_.Run(fmt::format("CREATE OR REPLACE TEMP VIEW weir_erased AS {}",
                                lake::ScanSql(list, warehouse_.Open(list))));
    std::vector<std::pair<std::string, std::string>> more;
    if (imported_.exists()) {
      connection_.Run(fmt::format("CREATE OR REPLACE TEMP VIEW weir_imported AS {}",
                                  lake::ScanSql(warehouse_.FolderOf(graph_.imported), imported_)));
      more.emplace_back("imported", "weir_imported");
    }
    project::Job job;
    job.name = graph_.instance->job->name;
    job.folder = graph_.instance->job->folder;
    job.steps.push_back(*graph_.step);
    job.steps.front().in = {{"state", ViewName(graph_.edges)},
                            {"people", ViewName(graph_.mapping)},
                            {"audit", ViewName(graph_.violations)},
                            {"basis", ViewName(graph_.basis)},
                            {"erased", "weir_erased"}};
    job.steps.front().in.insert(job.steps.front().in.end(), more.begin(), more.end());
    jobs::StepRunner runner(
        {.values = jobs::RunValues(*graph_.instance, interval_),
         .project_folder = workspace_.project().folder,
         .work_folder = workspace_.project().ScratchFolder() / "work" / erasure_.run_id,
         .run_id = erasure_.run_id,
         .also_read = {graph_.step->out.begin(), graph_.step->out.end()},
         .stop = workspace_.services().stop()},
        workspace_.steps());
    kept_ = runner.Run(job, connection_);
  }

  static std::string ViewName(const project::Output* output) { return "weir_" + output->from; }
  std::string IsOfDay() const { return "ds = " + sql::QuoteText(day_); }

  void MakeView(const project::Output* output, const lake::Snapshot& snapshot,
                const std::string& where) {
    connection_.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM ({}) WHERE {}",
                                ViewName(output),
                                lake::ScanSql(folders_.at(output->table), snapshot), where));
  }

  void PlanAll() {
    for (const project::Output* state : {graph_.edges, graph_.mapping}) {
      Add(state, lake::PlanWrite(warehouse_, At(state),
                                 {.select = "SELECT * FROM " + sql::QuoteName(state->from),
                                  .mode = lake::WriteMode::kOverwrite,
                                  .sort_by = state->sort_by,
                                  .origin = Origin()}));
    }
    Add(graph_.evidence, PlanRemoval(graph_.evidence, "false"));
    Add(graph_.violations,
        Together(PlanRemoval(graph_.violations, IsOfDay()),
                 PlanAppend(graph_.violations, sql::QuoteText(day_) + " AS ds")));
    Add(graph_.changes,
        PlanAppend(graph_.changes, sql::QuoteText(day_) + " AS ds, 'erasure' AS cause"));
    PlanImported();
    erasure_.changes =
        connection_.QueryInteger("SELECT count(*) FROM " + sql::QuoteName(graph_.changes->from));
  }

  void PlanImported() {
    if (!imported_.exists()) {
      return;
    }
    const lake::TableFolder folder = warehouse_.FolderOf(graph_.imported);
    lake::Changes changes = lake::PlanDelete(warehouse_, {.folder = folder, .snapshot = imported_},
                                             {.where = NamedIn(imported_), .origin = Origin()});
    if (lake::HasEffect(changes)) {
      changes.info.parameters = {{"predicate", kErasedRows}};
      parts_.push_back(
          {.table = graph_.imported, .base = imported_, .changes = std::move(changes)});
    }
  }

  // Rows that name an erased id, and those of `condition`.
  lake::Changes PlanRemoval(const project::Output* output, const std::string& condition) {
    const lake::TableAt at = At(output);
    lake::Changes changes =
        lake::PlanDelete(warehouse_, at,
                         {.where = fmt::format("({}) OR ({})", condition, NamedIn(at.snapshot)),
                          .origin = Origin()});
    changes.info.parameters = {{"predicate", kErasedRows}};
    return changes;
  }

  lake::Changes PlanAppend(const project::Output* output, const std::string& more) {
    return lake::PlanWrite(
        warehouse_, At(output),
        {.select = fmt::format("SELECT *, {} FROM {}", more, sql::QuoteName(output->from)),
         .sort_by = output->sort_by,
         .origin = Origin()});
  }

  lake::TableAt At(const project::Output* output) const {
    return {.folder = folders_.at(output->table), .snapshot = bases_.at(output->table)};
  }

  lake::CommitInfo Origin() const {
    lake::CommitInfo origin;
    origin.run_id = erasure_.run_id;
    origin.attempt = 1;
    origin.job = graph_.instance->name();
    return origin;
  }

  void Add(const project::Output* output, lake::Changes changes) {
    const lake::Snapshot& base = bases_.at(output->table);
    erasure_.tables.push_back({.table = output->table,
                               .rows = output == graph_.changes ? 0 : CountNamed(output),
                               .version_before = base.version,
                               .version = base.version});
    if (lake::HasEffect(changes)) {
      if (output != graph_.changes) {
        changes.info.operation = lake::kErasure;
      }
      parts_.push_back({.table = output->table, .base = base, .changes = std::move(changes)});
    }
  }

  // The run read what the newest one read: only what it made is new.
  void Commit(const jobs::RunRecord& newest, jobs::Lease& lease) {
    jobs::RunRecord record = lease.record();
    record.inputs = newest.inputs;
    record.state = jobs::RunState::kSucceeded;
    for (const GraphTableErasure& table : erasure_.tables) {
      record.outputs.push_back({.table = table.table, .version = table.version_before});
    }
    record.outputs.push_back(
        {.table = graph_.basis->table, .version = VersionOf(newest, graph_.basis)});
    if (!lease.IsMine()) {
      throw ExternalError("another process has taken {} over", erasure_.run_id);
    }
    lease.Prepare(record);
    const auto versions = CommitOrEnd(record, lease);
    for (std::size_t i = 0; i < erasure_.tables.size(); ++i) {
      const auto version = versions.find(record.outputs[i].table);
      if (version != versions.end()) {
        record.outputs[i].version = erasure_.tables[i].version = version->second;
      }
    }
    lease.End(record);
  }

  std::map<std::string, std::int64_t> CommitOrEnd(const jobs::RunRecord& record,
                                                  jobs::Lease& lease) {
    try {
      return lake::CommitOrDiscard(warehouse_, erasure_.run_id, parts_);
    } catch (const ConflictError& problem) {
      jobs::RunRecord failed = record;
      failed.state = jobs::RunState::kFailed;
      failed.outputs.clear();
      failed.error = problem.what();
      lease.End(failed);
      throw;
    }
  }

  Workspace& workspace_;
  const GraphTables& graph_;
  const ScratchIds& ids_;
  lake::Warehouse& warehouse_;
  sql::Connection& connection_;
  jobs::Interval interval_;
  std::string day_;
  std::map<std::string, lake::TableFolder> folders_;
  std::map<std::string, lake::Snapshot> bases_;  // by table, as they are now
  lake::Snapshot imported_;                      // of imported people's names, if there are any
  jobs::StepResult kept_;                        // what the relations stand on
  std::vector<lake::TableChanges> parts_;
  GraphErasure erasure_;
};

GraphErasure EraseFromGraph(Workspace& workspace, const GraphTables& graph, const ScratchIds& ids) {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    try {
      return GraphEraser(workspace, graph, ids).Run();
    } catch (const ConflictError& problem) {
      if (tries == kTries) {
        throw;
      }
      LogWarning("{}; trying again", problem.what());
      workspace.ledger().Refresh();
    }
  }
}

}  // namespace

std::vector<GraphErasure> EraseFromGraphs(Workspace& workspace, const ScratchIds& ids) {
  workspace.ledger().Refresh();
  std::vector<GraphErasure> erasures;
  for (const GraphTables& graph : GraphsOf(workspace.instances())) {
    erasures.push_back(EraseFromGraph(workspace, graph, ids));
  }
  return erasures;
}

}  // namespace weir::cli
