#include "jobs/run/run_checks.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "jobs/checks/check_runner.h"
#include "jobs/plan/row_days.h"
#include "jobs/run/personal_columns.h"
#include "jobs/run/run_values.h"
#include "lake/scan.h"
#include "lake/suggest_table.h"
#include "project/substitution.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

// Views of tables as they will be, made when a check first asks for one.
class AfterViews {
 public:
  AfterViews(const RunCheckTask& task, Lakes& lakes) : task_(task), lakes_(lakes) {}

  std::string Of(const std::string& written) {
    const std::string table = project::FillName(written, RunValues(task_.instance, task_.interval));
    const auto made = views_.find(table);
    if (made != views_.end()) {
      return made->second;
    }
    const std::string view = sql::QuoteName(fmt::format("weir_after_{}", views_.size()));
    lakes_.own().connection().Run(
        fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", view, SelectOf(table)));
    views_[table] = view;
    return view;
  }

 private:
  std::string SelectOf(const std::string& table) {
    for (const StagedOutput& output : task_.outputs) {
      if (output.output->table == table) {
        return lake::ScanSql(output.folder, output.after);
      }
    }
    lake::Warehouse& warehouse = lakes_.Of(table);
    const lake::TableFolder folder = warehouse.FolderOf(table);
    const lake::Snapshot snapshot = warehouse.Open(folder);
    if (!snapshot.exists()) {
      throw UserError("there is no table {}{}", table, lake::SuggestTable(warehouse, table));
    }
    return lake::ScanSql(folder, snapshot);
  }

  const RunCheckTask& task_;
  Lakes& lakes_;
  std::map<std::string, std::string> views_;
};

// Rows that earlier runs wrote of a table, or of the relation that is written to one.
std::vector<std::int64_t> PreviousRows(const RunCheckTask& task, const std::string& subject) {
  std::string table = subject;
  for (const project::Output& output : task.instance.writes) {
    table = output.from == subject ? output.table : table;
  }
  std::vector<std::int64_t> rows;
  for (const std::vector<OutputRecord>& outputs : task.last_outputs) {
    const auto made = std::ranges::find(outputs, table, &OutputRecord::table);
    if (made != outputs.end()) {
      rows.push_back(made->rows);
    }
  }
  return rows;
}

// The contracts' `nullable: false` as checks of the files just written, since a relation may be a
// stream that can't be read again.
std::vector<project::Check> ContractChecks(const RunCheckTask& task, sql::Connection& connection) {
  std::vector<project::Check> checks;
  for (const StagedOutput& staged : task.outputs) {
    project::Check check{.kind = project::CheckKind::kNotNull};
    check.name = fmt::format("contract of {}", staged.output->table);
    check.place = staged.output->place;
    for (const project::ColumnContract& column : staged.output->columns) {
      if (!column.nullable) {
        check.columns.push_back(column.name);
      }
    }
    if (!check.columns.empty()) {
      check.relation = fmt::format("weir_written_{}", checks.size());
      connection.Run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", check.relation,
                                 lake::ScanSql(staged.folder, staged.after, staged.changes.adds)));
      checks.push_back(std::move(check));
    }
  }
  return checks;
}

}  // namespace

std::vector<CheckRecord> CheckRun(const RunCheckTask& task, Lakes& lakes) {
  std::vector<project::Check> checks = ContractChecks(task, lakes.own().connection());
  const std::size_t num_contracts = checks.size();
  const auto& own = task.instance.job->checks;
  checks.insert(checks.end(), own.begin(), own.end());
  AfterViews views(task, lakes);
  const project::Substitutions values = RunValues(task.instance, task.interval);
  std::vector<CheckRecord> records = RunChecks(
      checks,
      {.connection = lakes.own().connection(),
       .values = values,
       .interval_end = task.interval.end,
       .view_of = [&](const std::string& table) { return views.Of(table); },
       .previous_rows = [&](const std::string& subject) { return PreviousRows(task, subject); },
       .personal = checks.empty()
                       ? std::set<std::string>()
                       : PersonalColumns(task.project, task.instance, task.outputs, lakes)});
  for (std::size_t i = 0; i < num_contracts; ++i) {
    records[i].subject = checks[i].name.substr(checks[i].name.rfind(' ') + 1);
  }
  return records;
}

}  // namespace weir::jobs
