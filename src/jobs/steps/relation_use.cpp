#include "jobs/steps/relation_use.h"

#include <algorithm>
#include <array>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/table_references.h"
#include "sql/split_statements.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;

// Unqualified tables in a syntax tree and how often each stands there; what is inside a recursive
// query counts twice.
void CountTables(const Json& node, int times, std::map<std::string, int>& counts) {
  if (node.is_object()) {
    const std::string type = node.value("type", Json()).is_string() ? node["type"] : "";
    if (type == "BASE_TABLE" && node.value("schema_name", "").empty()) {
      counts[LowerCase(node.value("table_name", ""))] += times;
    }
    times = type == "RECURSIVE_CTE_NODE" ? 2 * times : times;
  }
  if (node.is_structured()) {
    for (const Json& part : node) {
      CountTables(part, times, counts);
    }
  }
}

void EraseLocations(Json& node) {
  if (node.is_object()) {
    node.erase("query_location");
  }
  if (node.is_structured()) {
    for (Json& part : node) {
      EraseLocations(part);
    }
  }
}

}  // namespace

std::string SyntaxTree(sql::Connection& connection, const std::string& sql) {
  const std::array<sql::Value, 1> parameters{sql};
  const sql::Value cell =
      connection
          .Query(
              "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true)"
              "::VARCHAR",
              parameters)
          .Cell();
  const auto* text = std::get_if<std::string>(&cell);
  Json tree = text == nullptr ? Json() : Json::parse(*text, nullptr, false);
  if (!tree.is_object() || tree.value("error", true)) {
    return "";
  }
  EraseLocations(tree);
  return tree.dump();
}

std::string OneStatement(const std::string& text) {
  sql::CheckWhole(text);
  std::string found;
  for (const std::string_view statement : sql::SplitStatements(text)) {
    if (lake::IsBlank(statement)) {
      continue;
    }
    if (!found.empty()) {
      throw UserError("there are several SQL statements; a step is one SELECT");
    }
    found = statement;
  }
  if (found.empty()) {
    throw UserError("there is no SQL statement; a step is one SELECT");
  }
  if (found.ends_with(';')) {
    found.pop_back();
  }
  return found;
}

RelationUse::RelationUse(const project::Job& job, const project::Substitutions& values,
                         const operators::OperatorTable& operators, sql::Connection& connection)
    : values_(values), connection_(connection) {
  for (const project::Step& step : job.steps) {
    AddStep(step, operators);
  }
  for (const project::Output& output : job.writes) {
    Add(output.from, 1);
  }
  for (const project::Check& check : job.checks) {
    if (check.kind == project::CheckKind::kSql) {
      AddSql(check.text, 2);
    } else {
      Add(check.relation, 2);
    }
  }
}

int RelationUse::readers(std::string_view relation) const {
  const auto found = readers_.find(LowerCase(relation));
  return found == readers_.end() ? 0 : found->second;
}

void RelationUse::AddStep(const project::Step& step, const operators::OperatorTable& operators) {
  if (step.kind == project::StepKind::kSql) {
    AddSql(step.text, 1);
    return;
  }
  for (const auto& [argument, relation] : step.in) {
    int times = step.kind == project::StepKind::kConnector ? 2 : 1;
    if (step.kind == project::StepKind::kOperator) {
      const auto& arguments = operators.Find(step.what).declaration().arguments;
      const auto declared = std::ranges::find(arguments, argument, &operators::Argument::name);
      times = declared != arguments.end() && declared->read_again ? 2 : 1;
    }
    Add(relation, times);
  }
}

void RelationUse::AddSql(const std::string& text, int times) {
  const std::string sql = project::FillSql(text, values_);
  const std::string tree = SyntaxTree(connection_, sql);
  std::map<std::string, int> counts;
  if (tree.empty()) {  // not a SELECT: how often it reads is unknown
    for (const std::string& name : connection_.TableNames(sql)) {
      counts[LowerCase(name)] += 2 * times;
    }
  } else {
    CountTables(Json::parse(tree), times, counts);
  }
  for (const auto& [name, count] : counts) {
    Add(name, count);
  }
}

void RelationUse::Add(std::string_view relation, int times) {
  if (!relation.empty()) {
    readers_[LowerCase(relation)] += times;
  }
}

}  // namespace weir::jobs
