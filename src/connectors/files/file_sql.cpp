#include "connectors/files/file_sql.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/files/file_error.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

std::string Listed(const std::vector<std::string>& parts) {
  return fmt::to_string(fmt::join(parts, ", "));
}

// Columns cast from texts of the same names; nested ones of JSON are typed already.
std::string StrictColumns(const Schema& schema, bool nested_are_texts) {
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) {
    const std::string name = sql::QuoteName(field.name);
    const bool is_typed = field.type.IsNested() && !nested_are_texts;
    columns.push_back(
        fmt::format("{} AS {}", is_typed ? name : StrictCast(name, field.type), name));
  }
  return Listed(columns);
}

bool HoldsEmptyText(const DataType& type) {
  return type.kind == TypeKind::kString || type.kind == TypeKind::kBinary;
}

}  // namespace

std::string SelectNothing(const Schema& schema) {
  std::vector<std::string> columns;
  columns.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    columns.push_back(
        fmt::format("NULL::{} AS {}", ToText(field.type), sql::QuoteName(field.name)));
  }
  return fmt::format("SELECT {} WHERE false", Listed(columns));
}

std::string SelectParquet(const Schema& schema, std::span<const std::string> files) {
  std::vector<std::string> columns;
  columns.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    columns.push_back(
        fmt::format("CAST({0} AS {1}) AS {0}", sql::QuoteName(field.name), ToText(field.type)));
  }
  return fmt::format("SELECT {} FROM read_parquet({}, hive_partitioning = false)", Listed(columns),
                     sql::QuoteTexts(files));
}

std::string SelectJson(const Schema& schema, std::span<const std::string> files) {
  std::vector<std::string> columns;
  columns.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    columns.push_back(
        fmt::format("{}: {}", sql::QuoteText(field.name),
                    sql::QuoteText(field.type.IsNested() ? ToText(field.type) : "VARCHAR")));
  }
  return fmt::format("SELECT {} FROM read_json({}, format = 'newline_delimited', columns = {{{}}})",
                     StrictColumns(schema, false), sql::QuoteTexts(files), Listed(columns));
}

std::string SelectFields(const Schema& schema, const std::string& records) {
  return fmt::format("SELECT {} FROM ({})", StrictColumns(schema, true), records);
}

std::string Records(const DelimitedForm& form, const Schema& schema,
                    const std::vector<std::string>& header, std::span<const std::string> files) {
  std::vector<std::string> columns;
  std::vector<std::string> without_empty;
  for (const std::string& name : header) {
    columns.push_back(fmt::format("{}: 'VARCHAR'", sql::QuoteText(name)));
    const Field* const field = schema.Find(name);
    if (field != nullptr && !HoldsEmptyText(field->type) &&
        std::ranges::count(form.nulls, "") > 0) {
      without_empty.push_back(fmt::format("nullif({0}, '') AS {0}", sql::QuoteName(name)));
    }
  }
  return fmt::format(
      "SELECT *{} FROM read_csv({}, auto_detect = false, {}, allow_quoted_nulls = false, columns = "
      "{{{}}})",
      without_empty.empty() ? "" : fmt::format(" REPLACE ({})", Listed(without_empty)),
      sql::QuoteTexts(files), FormOptions(form), Listed(columns));
}

std::string FormOptions(const DelimitedForm& form) {
  return fmt::format(
      "header = {}, delim = {}, quote = '\"', escape = '\"', comment = '', skip = 0, nullstr = {}, "
      "max_line_size = "
      "16777216, buffer_size = 33554432",
      form.has_header, sql::QuoteText(std::string(1, form.delimiter)), sql::QuoteTexts(form.nulls));
}

}  // namespace weir::connectors
