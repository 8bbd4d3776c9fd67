#include "jobs/run/run_checks.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "jobs/checks/check_runner.h"
#include "jobs/graph/resolve_views.h"
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
  AfterViews(const RunCheckTask& task, Lakes& lakes)
      : task_(task), lakes_(lakes), values_(RunValues(task.instance, task.interval)) {}

  // The view of a table, or the relation of the input that is a view of the project; quoted.
  std::string Of(const std::string& written) {
    const std::string table = project::FillName(written, values_);
    const std::string input = InputThatIsView(table);
    return sql::QuoteName(input.empty() ? NameOf(table) : input);
  }

  // A SELECT with the tables that the run writes replaced by their views.
  std::string WithViews(const std::string& select) {
    sql::Connection& connection = lakes_.own().connection();
    std::map<std::string, std::string> names;
    for (const std::string& name : connection.TableNames(select)) {
      const std::vector<std::string> parts = sql::SplitName(name);
      const std::string spelled = fmt::format("{}", fmt::join(parts, "."));
      for (const project::Output& output : task_.instance.writes) {
        if (parts.size() == 2 && SameName(output.table, spelled)) {
          names[spelled] = NameOf(output.table);
        }
      }
    }
    return names.empty() ? select : WithRelations(select, names, connection);
  }

 private:
  std::string NameOf(const std::string& table) {
    const auto made = views_.find(table);
    if (made != views_.end()) {
      return made->second;
    }
    const std::string view = fmt::format("weir_after_{}", views_.size());
    lakes_.own().connection().Run(
        fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", sql::QuoteName(view), SelectOf(table)));
    views_[table] = view;
    return view;
  }

  // Empty if `table` is none of the views that the job reads, which as it runs reads the tables
  // below them.
  std::string InputThatIsView(const std::string& table) const {
    const auto reads_itself = [&](const InstanceInput& input) {
      return input.input.table == table;
    };
    if (std::ranges::any_of(task_.instance.reads, reads_itself)) {
      return "";
    }
    const auto& jobs = task_.project.jobs;
    const auto job = std::ranges::find(jobs, task_.instance.job->name, &project::Job::name);
    for (const project::Input& input :
         job == jobs.end() ? std::vector<project::Input>() : job->reads) {
      if (project::FillName(input.table, values_) == table) {
        return input.name;
      }
    }
    return "";
  }

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
  project::Substitutions values_;
  std::map<std::string, std::string> views_;  // by table
};

// How many rows a check counted in earlier runs.
std::vector<std::int64_t> PreviousRows(const RunCheckTask& task, const std::string& name,
                                       const std::string& subject) {
  std::vector<std::int64_t> rows;
  for (const std::vector<CheckRecord>& checks : task.last_checks) {
    const auto same = std::ranges::find_if(checks, [&](const CheckRecord& check) {
      return check.name == name && check.subject == subject && check.rows;
    });
    if (same != checks.end()) {
      rows.push_back(*same->rows);
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
       .with_views = [&](const std::string& select) { return views.WithViews(select); },
       .start_of_day = [&](const std::string& day) { return task.instance.schedule.TimeOf(day); },
       .previous_rows =
           [&](const std::string& name, const std::string& subject) {
             return PreviousRows(task, name, subject);
           },
       .personal = checks.empty()
                       ? std::set<std::string>()
                       : PersonalColumns(task.project, task.instance, task.outputs, lakes)});
  for (std::size_t i = 0; i < num_contracts; ++i) {
    records[i].subject = checks[i].name.substr(checks[i].name.rfind(' ') + 1);
  }
  return records;
}

}  // namespace weir::jobs
