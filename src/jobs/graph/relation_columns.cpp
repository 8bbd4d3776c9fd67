#include "jobs/graph/relation_columns.h"

#include <variant>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "sql/quote.h"

namespace weir::jobs {

RelationColumns::~RelationColumns() {
  try {
    for (const std::string& relation : std::set<std::string>(defined_)) {
      Drop(relation);
    }
  } catch (const std::exception&) {  // they go with the connection
  }
}

void RelationColumns::Define(const std::string& relation, const std::string& select) {
  CreateEmptyView("TEMP VIEW", sql::QuoteName(relation), select, connection_);
  defined_.insert(LowerCase(relation));
}

void RelationColumns::DefineTable(const std::string& relation, const std::string& columns) {
  connection_.Run(fmt::format("CREATE OR REPLACE TEMP TABLE weir_declared ({})", columns));
  Define(relation, EmptySelect(connection_.Describe("FROM weir_declared")));
}

void RelationColumns::Forget(const std::vector<std::string>& relations, const std::string& reason) {
  for (const std::string& relation : relations) {
    if (defined_.contains(LowerCase(relation))) {
      Drop(relation);
    }
    reasons_[LowerCase(relation)] = reason;
  }
}

std::optional<std::string> RelationColumns::Missing(const std::string& relation) const {
  if (defined_.contains(LowerCase(relation))) {
    return std::nullopt;
  }
  const auto reason = reasons_.find(LowerCase(relation));
  return reason == reasons_.end() ? fmt::format("there is no relation '{}'", relation)
                                  : reason->second;
}

Schema RelationColumns::Describe(const std::string& relation) {
  return connection_.Describe("FROM " + sql::QuoteName(relation));
}

std::vector<std::string> RelationColumns::ColumnsOf(const std::vector<std::string>& relations) {
  std::vector<std::string> columns;
  for (const std::string& relation : relations) {
    const auto rows =
        connection_.Query("SELECT column_name FROM (DESCRIBE FROM " + QuotedName(relation) + ")")
            .Rows();
    for (const auto& row : rows) {
      columns.push_back(std::get<std::string>(row.front()));
    }
  }
  return columns;
}

void RelationColumns::Drop(const std::string& relation) {
  connection_.Run("DROP VIEW IF EXISTS temp." + sql::QuoteName(relation));
  defined_.erase(LowerCase(relation));
}

std::string EmptySelect(const Schema& columns) {
  std::vector<std::string> parts;
  parts.reserve(columns.fields.size());
  for (const Field& field : columns.fields) {
    parts.push_back(
        fmt::format("CAST(NULL AS {}) AS {}", ToText(field.type), sql::QuoteName(field.name)));
  }
  return fmt::format("SELECT {} LIMIT 0", fmt::join(parts, ", "));
}

void CreateEmptyView(const char* kind, const std::string& quoted_name, const std::string& select,
                     sql::Connection& connection) {
  const std::string create = fmt::format("CREATE OR REPLACE {} {} AS ", kind, quoted_name);
  connection.Run(create + select);
  std::vector<std::string> parts;
  const std::string columns =
      fmt::format("SELECT column_name, column_type FROM (DESCRIBE FROM {})", quoted_name);
  for (const auto& row : connection.Query(columns).Rows()) {
    parts.push_back(fmt::format("CAST(NULL AS {}) AS {}", std::get<std::string>(row.at(1)),
                                sql::QuoteName(std::get<std::string>(row.at(0)))));
  }
  try {
    connection.Run(fmt::format("{}SELECT {} LIMIT 0", create, fmt::join(parts, ", ")));
  } catch (const UserError&) {
    return;  // a type that can't be written, such as that of row(1, 2): the SELECT itself stays
  }
}

std::string QuotedName(const std::string& name) {
  std::string quoted;
  for (const std::string& part : sql::SplitName(name)) {
    quoted += (quoted.empty() ? "" : ".") + sql::QuoteName(part);
  }
  return quoted;
}

}  // namespace weir::jobs
