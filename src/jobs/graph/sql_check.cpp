#include "jobs/graph/sql_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "data/schema.h"
#include "jobs/graph/determinism.h"
#include "jobs/graph/parsed_sql.h"
#include "lake/sql_tokens.h"
#include "project/project_names.h"

namespace weir::jobs {
namespace {

using project::Job;
using project::Place;
using project::Project;

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& one) { return SameName(one, name); });
}

std::string Listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

class SqlCheck {
 public:
  SqlCheck(const Project& project, const Job& job, sql::Connection& connection, Findings& findings)
      : project_(project),
        job_(job),
        connection_(connection),
        findings_(findings),
        values_(project::ExampleValues(project, job)) {}

  void Check() {
    for (const project::Input& input : job_.reads) {
      known_.push_back(input.name);
    }
    CheckInputs();
    for (const project::Step& step : job_.steps) {
      CheckStep(step);
    }
    CheckOutputs();
    CheckChecks();
    WarnOfUnread();
  }

 private:
  static SqlSource FileOf(const std::string& file, const std::string& text) {
    return {.text = text, .place = {.file = file}};
  }

  void CheckInputs() {
    for (const project::Input& input : job_.reads) {
      if (!input.where.empty()) {
        CheckCondition(input.where, input.place, "where");
      }
      CheckTypes(input.columns);
    }
  }

  void CheckStep(const project::Step& step) {
    for (const auto& [argument, relation] : step.in) {
      read_.push_back(relation);
    }
    for (const auto& [relation, columns] : step.columns) {
      CheckDeclaration(relation, columns, step.place);
    }
    if (step.kind == project::StepKind::kSql) {
      const SqlSource source = FileOf(step.file, step.text);
      if (const auto parsed = Parse(source)) {
        for (const SqlRead& read : parsed->reads) {
          CheckRelation(read, known_);
        }
        if (step.deterministic && job_.deterministic) {
          CheckDeterminism(*parsed, source, findings_.mistakes);
        }
      }
    }
    for (const std::string& relation : step.out) {
      if (!Has(known_, relation)) {
        known_.push_back(relation);
      }
    }
  }

  std::optional<ParsedSql> Parse(const SqlSource& source) {
    const std::size_t before = findings_.mistakes.size();
    CheckQuotedNames(source);
    if (findings_.mistakes.size() > before) {
      return std::nullopt;  // once is enough: filled in, it's no SQL
    }
    return ParseSql(source, values_, connection_, findings_.mistakes);
  }

  // A name in quotes would get quotes within them.
  void CheckQuotedNames(const SqlSource& source) {
    for (const lake::SqlToken& token : lake::SqlTokens(source.text)) {
      if (token.kind != lake::SqlToken::Kind::kText &&
          token.kind != lake::SqlToken::Kind::kQuotedName) {
        continue;
      }
      for (const project::BracedName& name : project::BracedNames(token.text)) {
        if (values_.contains(name.name)) {
          findings_.mistakes.Note(
              source.PlaceOf(token.begin + name.begin),
              fmt::format("{{{}}} stands in quotes; it is filled in as a literal with its own",
                          name.name));
        }
      }
    }
  }

  void CheckRelation(const SqlRead& read, const std::vector<std::string>& known) {
    if (read.name.size() == 1 && Has(known, read.name.front())) {
      read_.push_back(read.name.front());
      return;
    }
    const std::string name = fmt::format("{}", fmt::join(read.name, "."));
    for (const project::Input& input : job_.reads) {
      if (project::FillName(input.table, TableValues()) == name) {
        read_.push_back(input.name);
        findings_.mistakes.Note(
            read.place,
            fmt::format("table '{}' is the input '{}' here; SQL names inputs", name, input.name));
        return;
      }
    }
    findings_.mistakes.Note(
        read.place,
        read.name.size() == 1
            ? fmt::format("relation '{}' is neither in 'reads' nor made by a step before; there "
                          "are: {}{}",
                          name, Listed(known), DidYouMean(name, known))
            : fmt::format("table '{}' is not in 'reads'; there are: {}{}", name, Listed(known),
                          DidYouMean(read.name.back(), known)));
  }

  project::Substitutions TableValues() const {
    return project::TableNameValues(project_, job_, project::PartitionsOf(project_, job_).front());
  }

  void CheckOutputs() {
    for (const project::Output& output : job_.writes) {
      read_.push_back(output.from);
      if (!output.delete_absent_where.empty()) {
        CheckCondition(output.delete_absent_where, output.place, "delete_absent");
      }
      CheckTypes(output.columns);
    }
  }

  void CheckChecks() {
    std::vector<std::string> written;
    written.reserve(job_.writes.size());
    for (const project::Output& output : job_.writes) {
      written.push_back(project::FillName(output.table, TableValues()));
    }
    for (const project::Check& check : job_.checks) {
      read_.push_back(check.relation);
      ReadTable(check.to_table);
      if (check.kind != project::CheckKind::kSql) {
        continue;
      }
      const auto parsed = Parse(FileOf(check.file, check.text));
      for (const SqlRead& read : parsed ? parsed->reads : std::vector<SqlRead>()) {
        if (!Has(written, fmt::format("{}", fmt::join(read.name, ".")))) {
          CheckRelation(read, known_);
        }
      }
    }
  }

  void ReadTable(const std::string& table) {
    for (const project::Input& input : job_.reads) {
      if (input.table == table) {
        read_.push_back(input.name);
      }
    }
  }

  void CheckCondition(const std::string& condition, const Place& place, const char* key) {
    const SqlSource source{.text = condition, .place = place, .is_file = false};
    CheckQuotedNames(source);
    const std::string text = FillInPlace(condition, values_);
    project::Mistakes mistakes;
    const SqlSource select{
        .text = fmt::format("SELECT ({}\n)", text), .place = place, .is_file = false};
    const auto parsed = ParseSql(select, {}, connection_, mistakes);
    if (parsed && job_.deterministic) {
      CheckDeterminism(*parsed, select, mistakes);
    }
    if (!mistakes.empty()) {
      findings_.mistakes.Note(
          place, fmt::format("{} '{}': {}", key, condition, mistakes.Sorted().front().text));
    }
  }

  void CheckTypes(const std::vector<project::ColumnContract>& columns) {
    for (const project::ColumnContract& column : columns) {
      try {
        connection_.Describe(fmt::format("SELECT CAST(NULL AS {}) AS x", column.type));
      } catch (const UserError&) {
        findings_.mistakes.Note(
            column.place, fmt::format("column '{}': '{}' is no type of a table's column, such "
                                      "as BIGINT, VARCHAR, DECIMAL(18, 2), TIMESTAMPTZ",
                                      column.name, column.type));
      }
    }
  }

  void CheckDeclaration(const std::string& relation, const std::string& columns,
                        const Place& place) {
    try {
      connection_.Run(fmt::format("CREATE TEMP TABLE weir_declared ({})", columns));
      connection_.Run("DROP TABLE weir_declared");
    } catch (const UserError&) {
      findings_.mistakes.Note(place, fmt::format("columns of '{}': '{}' declares no columns, such "
                                                 "as \"id BIGINT, name VARCHAR\"",
                                                 relation, columns));
    }
  }

  // An input that isn't watched may be there for its intervals alone.
  void WarnOfUnread() {
    std::set<std::string> told;
    for (const project::Input& input : job_.reads) {
      if (input.watch && !Has(read_, input.name) && told.insert(input.name).second) {
        findings_.warnings.Note(input.place,
                                fmt::format("nothing reads the input '{}'", input.name));
      }
    }
    for (const project::Step& step : job_.steps) {
      const bool is_part_read =
          std::ranges::any_of(step.out, [&](const std::string& out) { return Has(read_, out); });
      if (step.kind == project::StepKind::kOperator && is_part_read) {
        continue;  // an operator gives what it gives, whether all of it is of use or not
      }
      for (const std::string& relation : step.out) {
        if (!Has(read_, relation) && told.insert(relation).second) {
          findings_.warnings.Note(step.place,
                                  fmt::format("nothing reads the relation '{}'", relation));
        }
      }
    }
  }

  const Project& project_;
  const Job& job_;
  sql::Connection& connection_;
  Findings& findings_;
  project::Substitutions values_;
  std::vector<std::string> known_;  // relations so far
  std::vector<std::string> read_;
};

}  // namespace

void CheckSql(const Project& project, const Job& job, sql::Connection& connection,
              Findings& findings) {
  SqlCheck(project, job, connection, findings).Check();
}

}  // namespace weir::jobs
