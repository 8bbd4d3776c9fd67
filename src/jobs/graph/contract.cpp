#include "jobs/graph/contract.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using project::ColumnContract;

std::string MissingText(const project::Output& output, const std::string& table,
                        const ColumnContract& column, const Schema& given) {
  return fmt::format("the contract of {} has a column \"{}\", relation '{}' has none{}", table,
                     column.name, output.from, DidYouMean(column.name, given.names()));
}

std::string TypeText(const project::Output& output, const std::string& table,
                     const ColumnContract& column, const Field& given) {
  return fmt::format("column \"{}\" of relation '{}' is {}; the contract of {} says {}",
                     column.name, output.from, ToText(given.type), table, column.type);
}

}  // namespace

std::vector<ContractMistake> ContractMistakes(const project::Output& output,
                                              const std::string& table, const Schema& given,
                                              sql::Connection& connection) {
  std::vector<ContractMistake> mistakes;
  if (output.columns.empty()) {
    return mistakes;
  }
  const Schema declared = DeclaredSchema(output.columns, connection);
  for (std::size_t i = 0; i < output.columns.size(); ++i) {
    const ColumnContract& column = output.columns[i];
    const Field* field = given.Find(column.name);
    if (field == nullptr) {
      mistakes.push_back({.column = &column, .text = MissingText(output, table, column, given)});
    } else if (!WidensTo(field->type, declared.fields[i].type)) {
      mistakes.push_back({.column = &column, .text = TypeText(output, table, column, *field)});
    }
  }
  for (const Field& field : given.fields) {
    if (declared.Find(field.name) == nullptr) {
      mistakes.push_back({.text = fmt::format("relation '{}' has a column \"{}\" that the contract "
                                              "of {} lacks",
                                              output.from, field.name, table)});
    }
  }
  return mistakes;
}

Schema DeclaredSchema(const std::vector<ColumnContract>& columns, sql::Connection& connection) {
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const ColumnContract& column : columns) {
    parts.push_back(
        fmt::format("CAST(NULL AS {}) AS {}", column.type, sql::QuoteName(column.name)));
  }
  return connection.Describe(fmt::format("SELECT {}", fmt::join(parts, ", ")));
}

}  // namespace weir::jobs
