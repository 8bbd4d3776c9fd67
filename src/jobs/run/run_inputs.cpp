#include "jobs/run/run_inputs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "jobs/plan/row_days.h"
#include "jobs/run/run_values.h"
#include "lake/data_origin.h"
#include "lake/scan.h"
#include "lake/suggest_table.h"
#include "project/substitution.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

// What an input stands for before files are chosen.
struct Opened {
  lake::TableFolder folder;
  lake::Snapshot snapshot;  // that of another version, or the chain's
};

class InputOpener {
 public:
  InputOpener(const JobInstance& instance, const Interval& interval, const InputSources& sources)
      : instance_(instance), interval_(interval), sources_(sources) {}

  void OpenLatest(std::span<const Reading> readings) {
    std::map<lake::Warehouse*, std::set<std::string>> tables;
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const std::string& table = instance_.reads[i].input.table;
      const auto pinned = sources_.pinned.find(table);
      if (IsOpened(table)) {
        continue;
      }
      if (readings[i].kind != ReadingKind::kVersion && pinned == sources_.pinned.end()) {
        tables[&sources_.lakes.Of(table)].insert(table);
      } else if (pinned != sources_.pinned.end()) {
        latest_[table] = OpenVersion(table, pinned->second);
      }
    }
    for (const auto& [warehouse, names] : tables) {
      const std::vector<std::string> list(names.begin(), names.end());
      std::vector<lake::Snapshot> snapshots = warehouse->OpenTogether(list, false);
      for (std::size_t i = 0; i < list.size(); ++i) {
        latest_[list[i]] = std::move(snapshots[i]);
      }
    }
  }

  RunInput Open(const InstanceInput& input, const Reading& reading) {
    const project::Input& line = input.input;
    lake::Warehouse& warehouse = sources_.lakes.Of(line.table);
    Opened opened{.folder = warehouse.FolderOf(line.table), .snapshot = {}};
    RunInput result;
    result.record.name = line.name;
    result.record.table = line.table;
    result.record.note = reading.note;
    if (&warehouse != &sources_.lakes.own()) {
      result.record.note = kFromEnvironment + sources_.lakes.other_name();
    }
    result.record.writer_run = reading.writer_run;
    const auto handed_on = sources_.chain.find(line.table);
    if (reading.kind == ReadingKind::kGone && handed_on == sources_.chain.end()) {
      throw UserError("{}: the state of {} before {} isn't kept: run its chain from an earlier day",
                      instance_.name(), line.table, instance_.Label(interval_));
    }
    if (line.previous && handed_on != sources_.chain.end()) {
      opened.snapshot = handed_on->second;
      result.record.version = reading.kind == ReadingKind::kVersion ? reading.version : -1;
    } else if (reading.kind == ReadingKind::kVersion) {
      opened.snapshot = OpenVersion(line.table, reading.version);
      result.record.version = reading.version;
    } else {
      opened.snapshot =
          IsOpened(line.table) ? sources_.opened->at(line.table) : latest_.at(line.table);
      result.record.version = reading.kind == ReadingKind::kEmpty ? -1 : opened.snapshot.version;
    }
    result.record.table_id = result.record.version < 0 ? "" : opened.snapshot.metadata.id;
    Select(input, reading, opened, result);
    return result;
  }

 private:
  bool IsOpened(const std::string& table) const {
    return sources_.opened != nullptr && sources_.opened->contains(table);
  }

  // -1 is a table that wasn't there.
  lake::Snapshot OpenVersion(const std::string& table, std::int64_t version) {
    lake::Warehouse& warehouse = sources_.lakes.Of(table);
    return version < 0
               ? lake::Snapshot()
               : warehouse.Open(warehouse.FolderOf(table), {.version = version, .as_of = {}});
  }

  void Select(const InstanceInput& input, const Reading& reading, const Opened& opened,
              RunInput& result) {
    if (!opened.snapshot.exists()) {
      result.select = EmptySelect(input);
      return;
    }
    if (reading.kind == ReadingKind::kEmpty) {
      result.select = lake::ScanSql(opened.folder, opened.snapshot, {});
      return;
    }
    const std::string condition = Condition(input, reading, opened.snapshot.metadata.schema);
    const std::vector<lake::AddFile> files = FilesFor(condition, opened);
    result.record.files = DigestOf(files);
    result.record.num_files = std::ssize(files);
    const bool whole = files.size() == opened.snapshot.files.size();
    result.select = fmt::format("SELECT * FROM ({}) WHERE {}",
                                whole ? lake::ScanSql(opened.folder, opened.snapshot)
                                      : lake::ScanSql(opened.folder, opened.snapshot, files),
                                condition);
    result.folder = opened.folder;
    result.files = files;
    result.is_whole = condition == "true";
  }

  std::string Condition(const InstanceInput& input, const Reading& reading,
                        const Schema& schema) const {
    const std::string zone =
        input.writers.empty()
            ? "UTC"
            : sources_.instances[input.writers.front().instance].job->schedule.time_zone;
    std::string days = RowDays(zone).Condition(schema, reading.window);
    if (input.input.where.empty()) {
      return days;
    }
    return fmt::format("({}) AND ({})", days,
                       project::FillSql(input.input.where, RunValues(instance_, interval_)));
  }

  std::vector<lake::AddFile> FilesFor(const std::string& condition, const Opened& opened) {
    if (condition == "true") {
      return opened.snapshot.files;
    }
    std::vector<lake::FileSelection> selections{{.view = {.schema = "weir_input", .name = "rows"},
                                                 .folder = opened.folder,
                                                 .snapshot = opened.snapshot,
                                                 .files = opened.snapshot.files}};
    sources_.selector.Narrow(fmt::format("SELECT * FROM weir_input.rows WHERE {}", condition),
                             selections);
    return std::move(selections.front().files);
  }

  // No rows of a table that isn't there yet, with the columns that the input or its writer
  // declares.
  std::string EmptySelect(const InstanceInput& input) const {
    const std::vector<project::ColumnContract>& columns = DeclaredColumns(input);
    if (columns.empty()) {
      throw UserError(
          "{}: there is no table {} yet, and no job declares its columns (`columns:` of its "
          "`writes`){}",
          instance_.name(), input.input.table,
          lake::SuggestTable(sources_.lakes.own(), input.input.table));
    }
    std::vector<std::string> parts;
    parts.reserve(columns.size());
    for (const project::ColumnContract& column : columns) {
      parts.push_back(
          fmt::format("CAST(NULL AS {}) AS {}", column.type, sql::QuoteName(column.name)));
    }
    return fmt::format("SELECT {} WHERE false", fmt::join(parts, ", "));
  }

  const std::vector<project::ColumnContract>& DeclaredColumns(const InstanceInput& input) const {
    for (const TableWriter& writer : input.writers) {
      const auto& columns = sources_.instances[writer.instance].writes[writer.output].columns;
      if (!columns.empty()) {
        return columns;
      }
    }
    return input.input.columns;
  }

  const JobInstance& instance_;
  const Interval& interval_;
  const InputSources& sources_;
  std::map<std::string, lake::Snapshot> latest_;
};

}  // namespace

void SharedSelector::Narrow(std::string_view select, std::vector<lake::FileSelection>& selections) {
  const std::lock_guard lock(mutex_);
  selector_.Narrow(select, selections);
}

std::string DigestOf(const std::vector<lake::AddFile>& files) {
  return ToHex(lake::OriginOf(files));
}

std::vector<RunInput> OpenInputs(const JobInstance& instance, const Interval& interval,
                                 std::span<const Reading> readings, const InputSources& sources) {
  InputOpener opener(instance, interval, sources);
  opener.OpenLatest(readings);
  std::vector<RunInput> inputs;
  inputs.reserve(readings.size());
  for (std::size_t i = 0; i < readings.size(); ++i) {
    inputs.push_back(opener.Open(instance.reads[i], readings[i]));
  }
  return inputs;
}

}  // namespace weir::jobs
