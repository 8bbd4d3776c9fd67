#include "jobs/graph/column_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "jobs/checks/exact_value.h"
#include "jobs/graph/bound_determinism.h"
#include "jobs/graph/bound_sql.h"
#include "jobs/graph/contract.h"
#include "jobs/graph/determinism.h"
#include "jobs/graph/fixed_columns.h"
#include "jobs/graph/relation_columns.h"
#include "project/project_names.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::Job;
using project::Output;
using project::Place;
using project::Step;
using project::StepKind;

// Why the columns of what a mistake defines aren't known: it has been told.
constexpr auto kTold = "";

// A name as SQL writes it, without quotes.
std::string PlainName(const std::string& name) {
  return fmt::format("{}", fmt::join(sql::SplitName(name), "."));
}

// Files with mistakes.
std::set<std::string> FilesOf(const project::Mistakes& mistakes) {
  std::set<std::string> files;
  for (const project::Mistake& mistake : mistakes.Sorted()) {
    files.insert(mistake.place.file);
  }
  return files;
}

// One job, for the first of its partitions.
class JobColumns {
 public:
  JobColumns(const Graph& graph, const Job& job, const StepTables& tables, KnownColumns& known,
             const std::set<std::string>& left_out, sql::Connection& connection, Findings& findings)
      : job_(job),
        tables_(tables),
        known_(known),
        left_out_(left_out),
        connection_(connection),
        findings_(findings),
        relations_(connection),
        values_(project::ExampleValues(*graph.project, job)),
        table_values_(project::TableNameValues(
            *graph.project, job, project::PartitionsOf(*graph.project, job).front())) {}

  void Check() {
    for (const project::Input& input : job_.reads) {
      CheckInput(input);
    }
    for (const Step& step : job_.steps) {
      CheckStep(step);
    }
    for (const Output& output : job_.writes) {
      CheckOutput(output);
    }
    for (const project::Check& check : job_.checks) {
      CheckCheck(check);
    }
  }

 private:
  void CheckInput(const project::Input& input) {
    const std::string table = project::FillName(input.table, table_values_);
    const auto problem = known_.Open(table);
    if (problem && input.columns.empty()) {
      Leave({input.name}, input.place, *problem);
      return;
    }
    relations_.Define(input.name, problem ? EmptySelect(DeclaredSchema(input.columns, connection_))
                                          : "FROM " + QuotedName(table));
    if (!input.where.empty()) {
      CheckCondition(input);
    }
  }

  void CheckCondition(const project::Input& input) {
    const SqlSource source{.text = fmt::format("SELECT 1 FROM {} WHERE (\n{}\n)",
                                               sql::QuoteName(input.name), input.where),
                           .place = input.place,
                           .is_file = false};
    project::Mistakes mistakes;
    if (!BindSql(source, values_, relations_.ColumnsOf({input.name}), connection_, mistakes)) {
      findings_.mistakes.Note(
          input.place, fmt::format("where '{}': {}", input.where, mistakes.Sorted().front().text));
    }
  }

  void CheckStep(const Step& step) {
    switch (step.kind) {
      case StepKind::kSql:
        CheckSqlStep(step);
        break;
      case StepKind::kOperator:
        CheckOperator(step);
        break;
      case StepKind::kConnector:
      case StepKind::kCommand:
        DefineDeclared(step);
        break;
    }
  }

  void CheckSqlStep(const Step& step) {
    const SqlSource source{.text = step.text, .place = {.file = step.file}};
    if (Binds(source, step.out)) {
      if (step.deterministic && job_.deterministic) {
        CheckBoundDeterminism(source, values_, connection_, findings_.mistakes);
      }
      relations_.Define(step.out.at(0), project::FillSql(step.text, values_));
    }
  }

  // Whether a text can be bound; what it defines is unknown otherwise.
  bool Binds(const SqlSource& source, const std::vector<std::string>& defined) {
    if (left_out_.contains(source.place.file)) {
      relations_.Forget(defined, kTold);
      return false;
    }
    try {
      const auto reads = ReadsOf(project::FillSql(source.text, values_));
      if (const auto problem = Missing(reads)) {
        Leave(defined, source.place, *problem);
        return false;
      }
      if (BindSql(source, values_, relations_.ColumnsOf(reads), connection_, findings_.mistakes)) {
        return true;
      }
      relations_.Forget(defined, kTold);
    } catch (const UserError&) {  // it is no SQL, which the check of SQL tells
      relations_.Forget(defined, kTold);
    } catch (const ExternalError& problem) {  // it reads files
      Leave(defined, source.place, problem.what());
    }
    return false;
  }

  std::vector<std::string> ReadsOf(const std::string& text) {
    std::vector<std::string> reads;
    for (const std::string& name : connection_.TableNames(text)) {
      reads.push_back(PlainName(name));
    }
    return reads;
  }

  // Why one of the relations or tables has no known columns.
  std::optional<std::string> Missing(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const bool is_table = name.find('.') != std::string::npos;
      if (auto problem = is_table ? known_.Open(name) : relations_.Missing(name)) {
        return problem;
      }
    }
    return std::nullopt;
  }

  void CheckOperator(const Step& step) {
    const nlohmann::json settings = FilledSettings(step.with, values_);
    std::map<std::string, Schema> inputs;
    std::optional<std::string> problem;
    if (!MistakesOfStep(step, settings, tables_).empty()) {
      relations_.Forget(step.out, kTold);
      return;
    }
    try {
      for (const auto& [argument, relation] : step.in) {
        problem = problem ? problem : relations_.Missing(relation);
        inputs[argument] = problem ? Schema() : relations_.Describe(relation);
      }
      if (problem) {
        Leave(step.out, step.place, *problem);
        return;
      }
      const auto outputs = operators::Describe(tables_.operators.Find(step.what), settings, inputs);
      for (std::size_t i = 0; i < step.out.size(); ++i) {
        relations_.Define(step.out[i], EmptySelect(outputs.at(i)));
      }
    } catch (const UserError& error) {
      findings_.mistakes.Note(step.place, error.what());
      relations_.Forget(step.out, kTold);
    }
  }

  // What a connector or command gives, as it declares it.
  void DefineDeclared(const Step& step) {
    const auto given =
        step.kind == StepKind::kConnector
            ? tables_.connectors.Find(step.what).Columns(FilledSettings(step.with, values_))
            : std::nullopt;
    for (const std::string& relation : step.out) {
      const auto columns = step.columns.find(relation);
      try {
        if (columns != step.columns.end()) {
          relations_.DefineTable(relation, columns->second);
        } else if (given) {
          relations_.Define(relation, EmptySelect(*given));
        } else {
          Leave({relation}, step.place,
                fmt::format("the columns of '{}' aren't known: step {} has no 'columns'", relation,
                            step.name));
        }
      } catch (const UserError&) {  // the check of SQL tells what is wrong with the declaration
        relations_.Forget({relation}, kTold);
      }
    }
  }

  void CheckOutput(const Output& output) {
    if (const auto problem = relations_.Missing(output.from)) {
      Leave({}, output.place, *problem);
      if (output.columns.empty() && (*problem == kTold || known_.IsForMistakes(*problem))) {
        known_.LeaveOut(output);
      }
      return;
    }
    try {
      const Schema columns = WithFixed(output, relations_.Describe(output.from));
      const std::string table = project::FillName(output.table, table_values_);
      for (const auto& mistake : ContractMistakes(output, table, columns, connection_)) {
        findings_.mistakes.Note(mistake.column == nullptr ? output.place : mistake.column->place,
                                mistake.text);
      }
      CheckNamed(output, columns);
      if (output.columns.empty() && output.mode != project::OutputMode::kDelete) {
        known_.Learn(output, columns);
      }
    } catch (const UserError& error) {  // a type that tables can't hold
      findings_.mistakes.Note(output.place,
                              fmt::format("relation '{}': {}", output.from, error.what()));
    }
  }

  // With the partition columns that a run adds.
  Schema WithFixed(const Output& output, Schema columns) {
    for (const std::string& column : output.partition_by) {
      if (columns.Find(column) == nullptr && IsFixedByRun(job_, output, column)) {
        Schema fixed = connection_.Describe(fmt::format("SELECT CAST(NULL AS {}) AS {}",
                                                        TypeOfFixedColumn(output, column),
                                                        sql::QuoteName(column)));
        columns.fields.push_back(std::move(fixed.fields.front()));
      }
    }
    return columns;
  }

  void CheckNamed(const Output& output, const Schema& columns) {
    const std::pair<const char*, const std::vector<std::string>&> keys[] = {
        {"partition_by", output.partition_by}, {"sort_by", output.sort_by}, {"keys", output.keys}};
    for (const auto& [key, names] : keys) {
      CheckColumnNames(names, columns,
                       {.what = key, .subject = output.from, .place = output.place});
    }
  }

  struct Naming {
    std::string what;  // "sort_by", "check 'unique'"
    std::string subject;
    Place place;
  };

  void CheckColumnNames(const std::vector<std::string>& names, const Schema& columns,
                        const Naming& naming) {
    for (const std::string& name : names) {
      if (columns.Find(name) == nullptr) {
        findings_.mistakes.Note(
            naming.place, fmt::format("{}: no column '{}' in '{}', which has {}{}", naming.what,
                                      name, naming.subject, fmt::join(columns.names(), ", "),
                                      DidYouMean(name, columns.names())));
      }
    }
  }

  void CheckCheck(const project::Check& check) {
    if (check.kind == project::CheckKind::kSql) {
      Binds({.text = check.text, .place = {.file = check.file}}, {});
      return;
    }
    const std::string subject = check.table.empty() ? check.relation : check.table;
    CheckColumnsOf(check, subject, check.columns, !check.table.empty());
    if (!check.to_table.empty()) {
      CheckColumnsOf(check, check.to_table,
                     check.to_columns.empty() ? check.columns : check.to_columns, true);
    }
  }

  void CheckColumnsOf(const project::Check& check, const std::string& subject,
                      const std::vector<std::string>& names, bool is_table) {
    const std::string name = is_table ? project::FillName(subject, table_values_) : subject;
    if (const auto problem = is_table ? known_.Open(name) : relations_.Missing(name)) {
      Leave({}, check.place, *problem);
      return;
    }
    const std::string quoted = is_table ? QuotedName(name) : sql::QuoteName(name);
    const Schema columns = connection_.Describe("FROM " + quoted);
    CheckColumnNames(
        names, columns,
        {.what = fmt::format("check '{}'", check.name), .subject = name, .place = check.place});
    const Field* column = names.size() == 1 ? columns.Find(names.front()) : nullptr;
    for (const std::string& value : column == nullptr ? std::vector<std::string>() : check.values) {
      if (!HoldsExactly(value, column->type)) {
        findings_.mistakes.Note(check.place,
                                fmt::format("check '{}': {}", check.name,
                                            MisfitText(value, column->name, column->type)));
      }
    }
  }

  // What is left unchecked, and so what it defines unknown.
  void Leave(const std::vector<std::string>& defined, const Place& place,
             const std::string& reason) {
    if (reason != kTold) {
      findings_.unchecked.Note(place, reason);
    }
    relations_.Forget(defined, reason);
  }

  const Job& job_;
  const StepTables& tables_;
  KnownColumns& known_;
  const std::set<std::string>& left_out_;  // files
  sql::Connection& connection_;
  Findings& findings_;
  RelationColumns relations_;
  project::Substitutions values_;
  project::Substitutions table_values_;
};

void CheckViewDeterminism(const SqlSource& source, sql::Connection& connection,
                          project::Mistakes& mistakes) {
  if (const auto parsed = ParseSql(source, {}, connection, mistakes)) {
    CheckDeterminism(*parsed, source, mistakes);
    CheckBoundDeterminism(source, {}, connection, mistakes);
  }
}

void CheckViews(const Graph& graph, KnownColumns& known, const std::set<std::string>& left_out,
                sql::Connection& connection, Findings& findings) {
  const std::set<std::string> read = ViewsThatJobsRead(*graph.project, connection);
  std::set<const project::View*> looked_at;  // once, not once for each partition
  for (const auto& [name, view] : ProjectViews(*graph.project)) {
    const bool is_file = !view.view->file.empty();
    const SqlSource source{.text = view.sql,
                           .place = is_file ? Place{.file = view.view->file} : view.view->place,
                           .is_file = is_file};
    if (left_out.contains(source.place.file) || left_out.contains(view.job->place.file)) {
      continue;
    }
    std::vector<std::string> columns;
    std::optional<std::string> problem;
    for (const std::string& table : connection.TableNames(view.sql)) {
      problem = problem ? problem : known.Open(PlainName(table));
      if (!problem) {
        const Schema schema = connection.Describe("FROM " + table);
        std::ranges::move(schema.names(), std::back_inserter(columns));
      }
    }
    if (problem) {
      findings.unchecked.Note(view.view->place, *problem);
    } else if (BindSql(source, {}, columns, connection, findings.mistakes) &&
               view.job->deterministic && read.contains(name) &&
               looked_at.insert(view.view).second) {
      CheckViewDeterminism(source, connection, findings.mistakes);
    }
  }
}

}  // namespace

void CheckColumns(const Graph& graph, const StepTables& tables, const ExistingColumns& existing,
                  sql::Connection& connection, Findings& findings) {
  KnownColumns known(graph, existing, connection);
  const std::set<std::string> left_out = FilesOf(findings.mistakes);
  for (const std::size_t index : graph.order) {
    const Job& job = graph.job(index);
    if (left_out.contains(job.place.file)) {
      std::ranges::for_each(job.writes, [&](const Output& output) { known.LeaveOut(output); });
    } else {
      JobColumns(graph, job, tables, known, left_out, connection, findings).Check();
    }
  }
  CheckViews(graph, known, left_out, connection, findings);
}

}  // namespace weir::jobs
