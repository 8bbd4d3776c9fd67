#include "jobs/run/run_outputs.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "jobs/graph/contract.h"
#include "jobs/graph/fixed_columns.h"
#include "jobs/run/run_values.h"
#include "lake/carry_rows.h"
#include "lake/delete_rows.h"
#include "lake/scratch_table.h"
#include "lake/write_table.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::ColumnContract;
using project::Output;
using project::OutputMode;

// The values of partition columns that a run's interval, its instance and its job fix.
lake::PartitionValues FixedPartition(const OutputTask& task, const Output& output) {
  const auto values = RunValues(task.instance, task.interval);
  lake::PartitionValues fixed;
  for (const std::string& column : output.partition_by) {
    if (!IsFixedByRun(*task.instance.job, output, column)) {
      continue;
    }
    const auto constant = output.partition.find(column);
    const auto value = values.find(IsDayColumn(column) ? kDayColumn : column);
    if (constant != output.partition.end()) {
      fixed[column] = project::FillText(constant->second, values);
    } else if (value != values.end()) {
      fixed[column] = value->second.text;
    }
  }
  return fixed;
}

// A relation's rows as a table takes them.
class OutputSelect {
 public:
  OutputSelect(const OutputTask& task, const Output& output, lake::Warehouse& warehouse)
      : task_(task), output_(output), connection_(warehouse.connection()) {}

  // Of the relation, in quotes.
  std::string Make(const lake::Snapshot& base, const std::string& relation) {
    const std::string select = fmt::format("SELECT * FROM {}", relation);
    const Schema schema = connection_.Describe(select);
    std::vector<std::string> columns;
    columns.reserve(schema.fields.size());
    for (const Field& field : schema.fields) {
      columns.push_back(sql::QuoteName(field.name));
    }
    AddMissing(schema, base.metadata.schema, columns);
    const std::string whole = fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), relation);
    return output_.columns.empty() ? whole : AsDeclared(whole);
  }

 private:
  // `ds`, `hour` and the column of `per`, where the table is partitioned by them.
  void AddMissing(const Schema& schema, const Schema& table, std::vector<std::string>& columns) {
    for (const auto& [column, value] : FixedPartition(task_, output_)) {
      if (schema.Find(column) == nullptr) {
        columns.push_back(fmt::format("CAST({} AS {}) AS {}", sql::QuoteText(*value),
                                      TypeOf(column, table), sql::QuoteName(column)));
      }
    }
  }

  std::string TypeOf(const std::string& column, const Schema& table) const {
    const Field* field = table.Find(column);
    return field != nullptr ? ToText(field->type) : TypeOfFixedColumn(output_, column);
  }

  std::string AsDeclared(const std::string& select) {
    const auto mistakes =
        ContractMistakes(output_, output_.table, connection_.Describe(select), connection_);
    if (!mistakes.empty()) {
      throw UserError("{}: {}", task_.instance.name(), mistakes.front().text);
    }
    std::vector<std::string> parts;
    parts.reserve(output_.columns.size());
    for (const ColumnContract& column : output_.columns) {
      parts.push_back(
          fmt::format("CAST({0} AS {1}) AS {0}", sql::QuoteName(column.name), column.type));
    }
    return fmt::format("SELECT {} FROM ({})", fmt::join(parts, ", "), select);
  }

  const OutputTask& task_;
  const Output& output_;
  sql::Connection& connection_;
};

lake::Changes PlanKeyDelete(const OutputTask& task, const Output& output, const std::string& select,
                            lake::Warehouse& warehouse, const lake::TableAt& at) {
  if (!at.snapshot.exists()) {
    return {};
  }
  const lake::ScratchTable keys(
      warehouse.connection(),
      fmt::format("SELECT DISTINCT {} FROM ({})", sql::QuoteNames(output.keys), select));
  return lake::PlanDelete(
      warehouse, at,
      {.where = fmt::format("({}) IN (SELECT ({}) FROM {})", sql::QuoteNames(output.keys),
                            sql::QuoteNames(output.keys), keys.name()),
       .origin = task.origin});
}

lake::WriteRequest RequestOf(const OutputTask& task, const Output& output, std::string select) {
  lake::WriteRequest request{.select = std::move(select)};
  request.partition_by = output.partition_by;
  request.sort_by = output.sort_by;
  request.keys = output.keys;
  request.delete_absent = output.delete_absent;
  request.delete_absent_where = output.delete_absent_where;
  request.expects_few = task.instance.job->is_stream;
  request.origin = task.origin;
  request.replace = ReplacedPartition(task, output);
  switch (output.mode) {
    case OutputMode::kAppend:
      request.mode = lake::WriteMode::kAppend;
      break;
    case OutputMode::kMerge:
      request.mode = lake::WriteMode::kMerge;
      break;
    case OutputMode::kOverwrite:
      request.mode =
          request.replace.empty() ? lake::WriteMode::kOverwrite : lake::WriteMode::kReplace;
      break;
    case OutputMode::kReplace:
    case OutputMode::kDelete:
      request.mode = lake::WriteMode::kReplace;
      break;
  }
  return request;
}

bool AreSameFiles(const std::vector<lake::AddFile>& one, const std::vector<lake::AddFile>& other) {
  return one.size() == other.size() && Without(one, other).empty();
}

// What an output that overwrites the table it was made from carries on, if that spares rewriting.
const CarriedInput* CarriedBy(const OutputTask& task, const Output& output,
                              const lake::WriteRequest& request, const lake::Snapshot& base) {
  const auto found = task.carried.find(output.from);
  const bool is_carried = found != task.carried.end() && found->second.table == output.table &&
                          request.mode == lake::WriteMode::kOverwrite && base.exists() &&
                          base.metadata.partition_columns.empty() &&
                          AreSameFiles(found->second.files, base.files) && !lake::IsScattered(base);
  return is_carried ? &found->second : nullptr;
}

// A table that doesn't exist yet can't be partly replaced: its first rows are an overwrite.
lake::Changes PlanOutput(const OutputTask& task, const Output& output, lake::Warehouse& warehouse,
                         const lake::TableAt& at) {
  OutputSelect maker(task, output, warehouse);
  const std::string select = maker.Make(at.snapshot, sql::QuoteName(output.from));
  if (output.mode == OutputMode::kDelete) {
    return PlanKeyDelete(task, output, select, warehouse, at);
  }
  lake::WriteRequest request = RequestOf(task, output, select);
  if (request.mode == lake::WriteMode::kMerge && !at.snapshot.exists()) {
    request.mode = lake::WriteMode::kAppend;
  }
  if (const CarriedInput* const carried = CarriedBy(task, output, request, at.snapshot)) {
    return lake::PlanCarry(warehouse, at,
                           {.kept = carried->kept,
                            .fresh = maker.Make(at.snapshot, carried->fresh),
                            .sort_by = request.sort_by,
                            .origin = request.origin});
  }
  return lake::PlanWrite(warehouse, at, request);
}

lake::Snapshot Applied(const lake::Snapshot& base, const lake::Changes& changes) {
  lake::Snapshot after = base;
  after.version = base.version + 1;
  after.metadata = changes.metadata.value_or(base.metadata);
  after.protocol = changes.protocol.value_or(base.protocol);
  std::set<std::string> removed;
  for (const lake::RemoveFile& file : changes.removes) {
    removed.insert(file.path);
  }
  std::erase_if(after.files,
                [&](const lake::AddFile& file) { return removed.contains(file.path); });
  after.files.insert(after.files.end(), changes.adds.begin(), changes.adds.end());
  std::ranges::sort(after.files, {}, &lake::AddFile::path);
  return after;
}

// The files of the instance's own part of a state that others write parts of, too.
std::vector<lake::AddFile> OwnFiles(const OutputTask& task, const Output& output,
                                    std::vector<lake::AddFile> files) {
  const lake::PartitionValues fixed = FixedPartition(task, output);
  std::erase_if(files, [&](const lake::AddFile& file) {
    return std::ranges::any_of(fixed, [&](const auto& part) {
      const auto value = file.partition_values.find(part.first);
      return !IsDayColumn(part.first) && part.first != kHourColumn &&
             value != file.partition_values.end() && value->second != part.second;
    });
  });
  return files;
}

// What turns the table as it is into the state that a chain has arrived at.
lake::Changes ChangesTo(const OutputTask& task, const Output& output, const lake::Snapshot& latest,
                        const lake::Snapshot& after, const lake::Changes& last) {
  const std::vector<lake::AddFile> own = OwnFiles(task, output, latest.files);
  const std::vector<lake::AddFile> own_after = OwnFiles(task, output, after.files);
  lake::Changes changes = last;
  changes.adds = Without(own_after, own);
  changes.removes = lake::RemovalsOf(Without(own, own_after), true);
  if (!latest.exists()) {
    changes.protocol = after.protocol;
  }
  if (!latest.exists() || !(latest.metadata == after.metadata)) {
    changes.metadata = after.metadata;
  }
  changes.reads = Predicate{};
  return changes;
}

lake::Snapshot BaseOf(const OutputTask& task, const lake::TableFolder& folder, const Output& output,
                      lake::Warehouse& warehouse) {
  const auto base = task.bases.find(output.table);
  if (base == task.bases.end()) {
    return warehouse.Open(folder);
  }
  return base->second < 0 ? lake::Snapshot()
                          : warehouse.Open(folder, {.version = base->second, .as_of = {}});
}

StagedOutput Stage(const OutputTask& task, const Output& output, lake::Warehouse& warehouse,
                   const ChainStates& chain) {
  StagedOutput staged{.output = &output, .folder = warehouse.FolderOf(output.table)};
  staged.base = BaseOf(task, staged.folder, output, warehouse);
  const auto handed_on = chain.find(output.table);
  const bool in_chain = !output.IsIntervalTable() && handed_on != chain.end();
  const lake::Snapshot& from = in_chain ? handed_on->second : staged.base;
  const lake::TableAt at{.folder = staged.folder, .snapshot = from};
  staged.changes = PlanOutput(task, output, warehouse, at);
  staged.after = Applied(from, staged.changes);
  if (in_chain) {
    staged.changes = ChangesTo(task, output, staged.base, staged.after, staged.changes);
  }
  staged.commits = output.IsIntervalTable() || task.commits_state;
  return staged;
}

}  // namespace

std::vector<lake::AddFile> Without(const std::vector<lake::AddFile>& files,
                                   const std::vector<lake::AddFile>& others) {
  std::set<std::string> paths;
  std::ranges::transform(others, std::inserter(paths, paths.end()), &lake::AddFile::path);
  std::vector<lake::AddFile> rest;
  std::ranges::copy_if(files, std::back_inserter(rest),
                       [&](const lake::AddFile& file) { return !paths.contains(file.path); });
  return rest;
}

// A state has no interval.
lake::PartitionValues ReplacedPartition(const OutputTask& task, const Output& output) {
  if (output.mode == OutputMode::kAppend || output.mode == OutputMode::kMerge) {
    return {};
  }
  lake::PartitionValues replaced = FixedPartition(task, output);
  if (output.mode != OutputMode::kReplace) {
    replaced.erase(kDayColumn);
    replaced.erase(kOtherDayColumn);
    replaced.erase(kHourColumn);
  }
  return replaced;
}

std::vector<StagedOutput> StageOutputs(const OutputTask& task, lake::Warehouse& warehouse,
                                       const ChainStates& chain) {
  std::vector<StagedOutput> staged;
  for (const Output& output : task.instance.writes) {
    if (output.IsIntervalTable() || !task.skips_state) {
      staged.push_back(Stage(task, output, warehouse, chain));
    }
  }
  return staged;
}

std::vector<lake::TableChanges> PartsOf(std::vector<StagedOutput>& outputs) {
  std::vector<lake::TableChanges> parts;
  for (StagedOutput& output : outputs) {
    if (output.commits && lake::HasEffect(output.changes)) {
      parts.push_back(
          {.table = output.output->table, .base = output.base, .changes = output.changes});
    }
  }
  return parts;
}

}  // namespace weir::jobs
