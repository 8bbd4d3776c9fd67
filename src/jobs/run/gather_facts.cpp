#include "jobs/run/gather_facts.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "jobs/plan/done_runs.h"
#include "jobs/plan/feeding_streams.h"
#include "jobs/plan/plan.h"
#include "jobs/plan/row_days.h"
#include "jobs/plan/table_facts.h"
#include "jobs/run/former_partitions.h"
#include "jobs/run/run_inputs.h"
#include "jobs/run/run_plan.h"
#include "jobs/run/source_days.h"
#include "jobs/run/stream_facts.h"
#include "lake/scan.h"
#include "project/substitution.h"

namespace weir::jobs {
namespace {

// What is known of a table before its log is looked at.
struct TableUse {
  std::string time_zone = "UTC";
  bool with_extent = false;
  // What the ledger says of its versions, by the table's id ("": not noted): more than one where it
  // was dropped and made anew.
  std::map<std::string, std::map<std::int64_t, Touch>> known;
};

using TableUses = std::map<std::string, TableUse>;

void UseWrites(const JobInstance& instance, const InstanceRuns& runs, TableUses& uses) {
  for (const project::Output& output : instance.writes) {
    TableUse& use = uses[output.table];
    use.time_zone = instance.job->schedule.time_zone;
    for (const RunRecord& run : runs.succeeded) {
      const OutputRecord* made = OutputOf(run, output.table);
      const bool by_interval =
          output.mode == project::OutputMode::kReplace || !output.IsIntervalTable();
      if (made != nullptr && made->version >= 0 && by_interval) {
        use.known[made->table_id].emplace(
            made->version, TouchOf(instance, output, run.key.interval, made->version));
      }
    }
  }
}

TableUses UsesOf(const std::vector<JobInstance>& instances, const std::vector<InstanceRuns>& runs) {
  TableUses uses;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    UseWrites(instances[i], runs[i], uses);
  }
  for (const JobInstance& instance : instances) {
    for (const InstanceInput& input : instance.reads) {
      TableUse& use = uses[input.input.table];
      use.with_extent = use.with_extent || input.KnowsDaysByRows();
    }
  }
  return uses;
}

// Versions begin with 0 again in a table that was made anew: what the ledger says of them holds of
// the table that it was said of. The table itself is asked only where that may be another one.
TableFacts LookAtTable(lake::Warehouse& warehouse, const std::string& table, const TableUse& use) {
  std::map<std::int64_t, Touch> known;
  std::set<std::string> ids;
  for (const auto& [id, touches] : use.known) {
    known.insert(touches.begin(), touches.end());
    ids.insert(id);
  }
  ids.erase("");
  const auto look = [&](const std::map<std::int64_t, Touch>& touches) {
    return ReadTableFacts(warehouse, table, touches, RowDays(use.time_zone), use.with_extent);
  };
  TableFacts facts;
  if (ids.size() < 2) {
    facts = look(known);
    if (facts.latest >= 0 && !known.empty() && facts.latest < known.rbegin()->first) {
      facts = look({});  // another one, made anew
      facts.id = warehouse.Open(warehouse.FolderOf(table)).metadata.id;
    }
    facts.id = facts.id.empty() && facts.latest >= 0 && !ids.empty() ? *ids.begin() : facts.id;
    return facts;
  }
  const std::string id = warehouse.Open(warehouse.FolderOf(table)).metadata.id;
  const auto own = use.known.find(id);
  facts = look(own == use.known.end() ? std::map<std::int64_t, Touch>() : own->second);
  facts.id = id;
  return facts;
}

// Partitions held against the `where` of inputs, as far as it says something about partitions.
class WhereFilter {
 public:
  WhereFilter(const std::vector<JobInstance>& instances, Lakes& lakes, WherePredicates& reader) {
    for (std::size_t i = 0; i < instances.size(); ++i) {
      for (std::size_t input = 0; input < instances[i].reads.size(); ++input) {
        Add(instances[i], {i, input}, lakes, reader);
      }
    }
  }

  bool MayRead(std::size_t instance, std::size_t input, const Touch& touch) const {
    const auto found = filters_.find({instance, input});
    if (found == filters_.end()) {
      return true;
    }
    const Filter& filter = found->second;
    lake::AddFile stand_in;
    for (const std::string& column : filter.stand_in.metadata.partition_columns) {
      const auto value = touch.values.find(column);
      if (value == touch.values.end()) {
        return PrunesWithout(filter, touch);
      }
      stand_in.partition_values[column] = value->second;
    }
    lake::Snapshot snapshot = filter.stand_in;
    snapshot.files = {stand_in};
    return !lake::PruneFiles(snapshot, filter.predicate).empty();
  }

 private:
  using Key = std::pair<std::size_t, std::size_t>;
  struct Filter {
    Predicate predicate;
    lake::Snapshot stand_in;  // the table's columns, without files
  };

  // The ledger knows the values that the writer fixes, not `ds`: those are told by the range.
  static bool PrunesWithout(const Filter& filter, const Touch& touch) {
    return MayMatch(filter.predicate, [&](std::span<const std::string> path) {
      ColumnBounds bounds;
      const auto value = path.size() == 1 ? touch.values.find(path[0]) : touch.values.end();
      const Field* field =
          path.size() == 1 ? filter.stand_in.metadata.schema.Find(path[0]) : nullptr;
      const bool is_text = field != nullptr && field->type.kind == TypeKind::kString;
      if (value != touch.values.end() && value->second && is_text) {
        bounds.min = bounds.max = Constant{.type = field->type, .text = *value->second};
        bounds.may_hold_nulls = false;
      }
      return bounds;
    });
  }

  void Add(const JobInstance& instance, const Key& key, Lakes& lakes, WherePredicates& reader) {
    const project::Input& input = instance.reads[key.second].input;
    if (input.where.empty()) {
      return;
    }
    std::string where;
    try {
      where = project::FillSql(input.where, instance.values);
    } catch (const UserError&) {
      return;  // it depends on the interval
    }
    lake::Warehouse& warehouse = lakes.Of(input.table);
    lake::Snapshot snapshot = warehouse.Open(warehouse.FolderOf(input.table));
    if (!snapshot.exists() || snapshot.metadata.partition_columns.empty()) {
      return;
    }
    snapshot.files.clear();
    Predicate predicate = reader.Read(snapshot.metadata.schema, where);
    filters_.emplace(key,
                     Filter{.predicate = std::move(predicate), .stand_in = std::move(snapshot)});
  }

  std::map<Key, Filter> filters_;
};

// What inputs select now. With a connection of its own: plans are kept up to date while runs go on.
class SelectedFiles {
 public:
  explicit SelectedFiles(const FactSources& sources)
      : instances_(sources.instances), lakes_(sources.project, sources.steps.database) {}

  std::string DigestOfInput(std::size_t instance, std::size_t input, const Interval& interval,
                            const Interval& window) {
    JobInstance reader = instances_[instance];
    reader.reads = {reader.reads[input]};
    const std::string& table = reader.reads.front().input.table;
    if (!opened_.contains(table)) {
      lake::Warehouse& warehouse = lakes_.Of(table);
      opened_[table] = warehouse.Open(warehouse.FolderOf(table));
    }
    const std::vector<Reading> readings = {{.kind = ReadingKind::kWindow, .window = window}};
    return OpenInputs(reader, interval, readings,
                      {.lakes = lakes_,
                       .selector = selector_,
                       .instances = instances_,
                       .chain = no_chain_,
                       .opened = &opened_})
        .front()
        .record.files;
  }

 private:
  const std::vector<JobInstance>& instances_;
  Lakes lakes_;
  SharedSelector selector_;
  ChainStates no_chain_;
  std::map<std::string, lake::Snapshot> opened_;
};

// Whether a batch may be on its way: one of a process that lives, or one that wasn't there at the
// first look.
bool IsUnderWay(const InstanceRuns& before, const InstanceRuns& now) {
  const auto newest = [](const InstanceRuns& runs) { return NextBatch(runs).start; };
  return newest(now) != newest(before) ||
         std::ranges::any_of(now.unsuccessful, [](const RunRecord& run) {
           return run.state == RunState::kRunning && !Ledger::IsAbandoned(run);
         });
}

void NoteRunsAtWork(PlanFacts& facts) {
  for (const InstanceRuns& runs : facts.runs) {
    for (const RunRecord& run : runs.unsuccessful) {
      if (run.state == RunState::kRunning && !Ledger::IsAbandoned(run)) {
        facts.at_work[run.key.id()] =
            fmt::format("process {} on {}", run.owner.pid, run.owner.host);
      }
    }
  }
}

// Whether all tables that the instance writes are in the other environment, and none is here.
bool IsOfOther(const FactSources& sources, const JobInstance& instance) {
  return sources.other_ledger != nullptr && !instance.writes.empty() &&
         std::ranges::all_of(instance.writes, [&](const project::Output& output) {
           return &sources.lakes.Of(output.table) != &sources.lakes.own();
         });
}

// What isn't to run here is as it is in the other environment, where its tables are read.
void BorrowRuns(const FactSources& sources, PlanFacts& facts) {
  facts.read_from = sources.lakes.other_name();
  for (std::size_t i = 0; i < sources.instances.size(); ++i) {
    if (!sources.to_run.contains(i) && IsOfOther(sources, sources.instances[i])) {
      facts.borrowed.insert(i);
    }
  }
  if (facts.borrowed.empty()) {
    return;
  }
  sources.other_ledger->Refresh();
  for (const std::size_t i : facts.borrowed) {
    const JobInstance& self = sources.instances[i];
    facts.runs[i] = sources.other_ledger->RunsOf(self.job->name, self.partition);
    facts.runs[i].unsuccessful.clear();
  }
}

// What is read of a stream of the other environment: the days that are over.
SourceFacts SourceOfOther(const PlanFacts& facts) {
  SourceFacts source;
  source.complete_until = facts.now;
  return source;
}

// A stream that must not begin, as one whose source can't be reached.
std::optional<SourceFacts> HeldBack(const FactSources& sources, std::size_t instance,
                                    const PlanFacts& facts) {
  const JobInstance& self = sources.instances[instance];
  const bool takes_over = sources.takes_over && sources.to_run.contains(instance);
  if (!self.job->is_stream || !facts.runs[instance].succeeded.empty() || takes_over) {
    return std::nullopt;
  }
  SourceFacts held{.complete_until = 0};
  held.problem = WhyNotToBegin(self, sources.instances, sources.lakes.own());
  if (held.problem.empty()) {
    return std::nullopt;
  }
  LogWarning("{}: {}", self.name(), held.problem);
  return held;
}

void WarnOfLackingTables(const JobInstance& instance, const SourceFacts& source, PlanFacts& facts) {
  for (const std::string& table : source.lacking) {
    facts.warnings.insert(fmt::format(
        "{} lacks what {} had read before it was dropped, as other tables of the job still have "
        "it: drop them all, and all is read again",
        table, instance.name()));
  }
}

// Streams are looked at after those that feed them: what these have brought is there then. A batch
// that began meanwhile may have been committed when the positions were read, and not be sent.
void LookAtAllSources(const FactSources& sources, PlanFacts& facts) {
  const std::vector<JobInstance>& instances = sources.instances;
  lake::Warehouse& warehouse = sources.lakes.own();
  std::vector<connectors::TopicLinks> links;
  std::vector<std::size_t> order;
  for (const JobInstance& instance : instances) {
    order.push_back(links.size());
    links.push_back(TopicsOf(sources.project, instance, sources.steps, warehouse.connection()));
  }
  const std::vector<std::vector<std::size_t>> feeding = FeedingStreams(links);
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(feeding[i].size(), i); });
  facts.sources.resize(instances.size());
  std::set<std::size_t> feeders;
  for (const std::size_t i : order) {
    if (facts.borrowed.contains(i)) {
      facts.sources[i] =
          instances[i].job->is_stream ? std::optional(SourceOfOther(facts)) : std::nullopt;
      continue;
    }
    facts.sources[i] = HeldBack(sources, i, facts);
    if (!facts.sources[i]) {
      facts.sources[i] =
          LookAtSources(sources.project, instances[i], facts.runs[i], sources.steps, warehouse);
    }
    if (facts.sources[i]) {
      WarnOfLackingTables(instances[i], *facts.sources[i], facts);
      facts.sources[i]->fed_by = feeding[i];
      std::ranges::copy_if(feeding[i], std::inserter(feeders, feeders.end()),
                           [&](std::size_t feeder) {  // what leaves it after the commit
                             return !facts.borrowed.contains(feeder) &&
                                    std::ranges::any_of(instances[feeder].job->steps,
                                                        &project::Step::IsSink);
                           });
    }
  }
  if (!feeders.empty()) {
    sources.ledger.Refresh();
  }
  for (const std::size_t i : feeders) {
    const JobInstance& self = instances[i];
    const InstanceRuns now = sources.ledger.RunsOf(self.job->name, self.partition);
    facts.sources[i]->unsent = facts.sources[i]->unsent || IsUnderWay(facts.runs[i], now);
  }
}

// Warns of rows that a job which reads them by day doesn't take in.
void WarnOf(const std::string& table, const TableFacts& known, bool names_start, PlanFacts& facts) {
  const auto day = [](Micros time) { return FormatTimestamp(time).substr(0, 10); };
  if (known.left_out && !names_start) {
    facts.warnings.insert(fmt::format(
        "{0} holds rows from {1} on, and none for more than a year before {2}: jobs begin with "
        "that day; 'start: {1}' in a job takes in the older rows, with all days between",
        table, day(known.left_out->start), day(known.extent->start)));
  }
  if (known.ahead) {
    facts.warnings.insert(
        fmt::format("{} holds rows of {}, more than a year after its others and ahead of the "
                    "clock: jobs don't work on days so far ahead",
                    table, day(known.ahead->start)));
  }
  if (known.dayless > 0) {
    facts.warnings.insert(
        fmt::format("{} holds {} {} of rows whose day is null or no date such as 2026-01-05: no "
                    "interval takes them in",
                    table, known.dayless, known.dayless == 1 ? "file" : "files"));
  }
}

void WarnOfRowsLeftOut(const std::vector<JobInstance>& instances, PlanFacts& facts) {
  for (const JobInstance& instance : instances) {
    for (const InstanceInput& input : instance.reads) {
      const auto table = facts.tables.find(input.input.table);
      if (!instance.job->is_stream && input.KnowsDaysByRows() && table != facts.tables.end()) {
        WarnOf(input.input.table, table->second, instance.job->start.has_value(), facts);
      }
    }
  }
}

// The tables are opened only if their logs tell of some.
void WarnOfFormerPartitions(const FactSources& sources, PlanFacts& facts) {
  for (const SharedTable& shared : SharedTables(sources.project, sources.instances)) {
    const std::string& table = shared.output->table;
    const auto is_former = [&](const lake::PartitionValues& values) {
      return IsFormer(sources.project, shared.per, values);
    };
    if (std::ranges::any_of(facts.tables[table].touches, is_former, &Touch::values)) {
      lake::Warehouse& warehouse = sources.lakes.Of(table);
      facts.warnings.merge(
          WarningsOfFormer(sources.project, shared, warehouse.Open(warehouse.FolderOf(table))));
    }
  }
}

}  // namespace

PlanFacts GatherFacts(const FactSources& sources, std::vector<std::string> code_hashes) {
  PlanFacts facts;
  facts.now = Now();
  facts.late = sources.project.late.count();
  facts.code_hashes = std::move(code_hashes);
  sources.ledger.Refresh();
  for (const JobInstance& instance : sources.instances) {
    facts.runs.push_back(sources.ledger.RunsOf(instance.job->name, instance.partition));
  }
  NoteRunsAtWork(facts);
  BorrowRuns(sources, facts);
  LookAtAllSources(sources, facts);
  for (const auto& [table, use] : UsesOf(sources.instances, facts.runs)) {
    lake::Warehouse& warehouse = sources.lakes.Of(table);
    facts.tables[table] = LookAtTable(warehouse, table, use);
    facts.tables[table].of_other = &warehouse != &sources.lakes.own();
  }
  SetAsideFormerRuns(sources.instances, facts);
  WarnOfRowsLeftOut(sources.instances, facts);
  WarnOfFormerPartitions(sources, facts);
  const auto filter =
      std::make_shared<WhereFilter>(sources.instances, sources.lakes, sources.predicates);
  facts.may_read = [filter](std::size_t instance, std::size_t input, const Touch& touch) {
    return filter->MayRead(instance, input, touch);
  };
  const auto selected = std::make_shared<SelectedFiles>(sources);
  facts.files_now = [selected](std::size_t instance, std::size_t input, const Interval& interval,
                               const Interval& window) {
    return selected->DigestOfInput(instance, input, interval, window);
  };
  return facts;
}

}  // namespace weir::jobs
