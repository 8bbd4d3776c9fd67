#include "jobs/graph/bound_sql.h"

#include <array>
#include <variant>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "data/schema.h"

namespace weir::jobs {
namespace {

using BindError = nlohmann::json;  // as json_serialize_plan() tells it

// What DuckDB's error says beyond its text; `text` is what binding threw.
BindError ExplainError(const std::string& sql, const std::string& text,
                       sql::Connection& connection) {
  const std::array<sql::Value, 1> parameters = {sql::Value(sql)};
  const sql::Value cell =
      connection.Query("SELECT json_serialize_plan($1::VARCHAR)", parameters).Cell();
  BindError error = BindError::parse(std::get<std::string>(cell));
  const bool is_bind_error = error.value("error", false) && error.contains("error_message") &&
                             TextOf(error, "error_type") != "not implemented";
  return is_bind_error ? error : BindError{{"error_message", text}};
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// The first text in double quotes behind `start`; empty without it.
std::string QuotedBehind(const std::string& text, std::string_view start) {
  const auto at = text.find(start);
  const auto open = at == std::string::npos ? at : text.find('"', at);
  const auto close = open == std::string::npos ? open : text.find('"', open + 1);
  return close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
}

std::string MissingColumn(const BindError& error) {
  const std::string message = TextOf(error, "error_message");
  if (TextOf(error, "error_subtype") == "COLUMN_NOT_FOUND") {
    return TextOf(error, "name");
  }
  for (const char* start : {"does not have a column named", "Referenced column"}) {
    if (std::string column = QuotedBehind(message, start); !column.empty()) {
      return column;
    }
  }
  const bool is_of_list = message.starts_with("Column \"");  // of USING, EXCLUDE and the like
  return is_of_list ? QuotedBehind(message, "Column") : "";
}

std::vector<std::string> FunctionNames(sql::Connection& connection) {
  std::vector<std::string> names;
  for (const auto& row :
       connection.Query("SELECT DISTINCT function_name FROM duckdb_functions() ORDER BY ALL")
           .Rows()) {
    names.push_back(std::get<std::string>(row.front()));
  }
  return names;
}

std::string TextOfError(const BindError& error, const std::vector<std::string>& known,
                        sql::Connection& connection) {
  if (const std::string column = MissingColumn(error); !column.empty()) {
    std::vector<std::string> others = known;  // another relation than the one meant may have it
    std::erase_if(others, [&](const std::string& other) { return SameName(other, column); });
    return fmt::format("there is no column '{}' here{}", column, DidYouMean(column, others));
  }
  const std::string type = TextOf(error, "type");
  const std::string name = TextOf(error, "name");
  if (type.ends_with("Function")) {
    return fmt::format("unknown function '{}'{}", name,
                       DidYouMean(name, FunctionNames(connection)));
  }
  return FirstLine(TextOf(error, "error_message"));
}

}  // namespace

bool BindSql(const SqlSource& source, const project::Substitutions& values,
             const std::vector<std::string>& known, sql::Connection& connection,
             project::Mistakes& mistakes) {
  const std::string text = project::FillSql(source.text, values);
  try {
    connection.Bind(text);
    return true;
  } catch (const UserError& problem) {
    const BindError error = ExplainError(text, FirstLine(problem.what()), connection);
    const std::string position = TextOf(error, "position");
    const project::Place place = position.empty()
                                     ? source.place
                                     : source.PlaceOf(project::PlaceBeforeFillSql(
                                           source.text, values, std::stoull(position)));
    mistakes.Note(place, TextOfError(error, known, connection));
    return false;
  }
}

}  // namespace weir::jobs
