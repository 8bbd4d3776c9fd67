#include "jobs/unit_tests/test_rows.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "data/schema.h"
#include "lake/import_text.h"
#include "sql/quote.h"

namespace weir::jobs {
namespace {

using Json = nlohmann::json;

std::string Literal(const Json& value) {
  std::vector<std::string> parts;
  if (value.is_null()) {
    return "NULL";
  }
  if (value.is_string()) {
    return sql::QuoteText(value.get<std::string>());
  }
  if (value.is_array()) {
    std::ranges::transform(value, std::back_inserter(parts), Literal);
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (value.is_object()) {
    for (const auto& [name, part] : value.items()) {
      parts.push_back(fmt::format("{}: {}", sql::QuoteText(name), Literal(part)));
    }
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return value.dump();
}

std::string TypeOf(const Json& value);

std::string StructType(const Json& value) {
  std::vector<std::string> parts;
  for (const auto& [name, part] : value.items()) {
    parts.push_back(fmt::format("{} {}", sql::QuoteName(name), TypeOf(part)));
  }
  return fmt::format("STRUCT({})", fmt::join(parts, ", "));
}

// Empty for null, which fits any type.
std::string TypeOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "";
    case Json::value_t::boolean:
      return "BOOLEAN";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "BIGINT";
    case Json::value_t::number_float:
      return "DOUBLE";
    case Json::value_t::array:
      return (value.empty() ? std::string("VARCHAR") : TypeOf(value.front())) + "[]";
    case Json::value_t::object:
      return StructType(value);
    default:
      return "VARCHAR";
  }
}

// The one type of a column's values.
std::string TypeOfColumn(const Json& rows, const std::string& column) {
  std::string type;
  for (const Json& row : rows) {
    const std::string other = row.contains(column) ? TypeOf(row[column]) : "";
    const bool widens = type == "BIGINT" && other == "DOUBLE";
    if (type.empty() || widens) {
      type = other;
    } else if (!other.empty() && other != type && !(type == "DOUBLE" && other == "BIGINT")) {
      return "VARCHAR";
    }
  }
  return type.empty() ? "VARCHAR" : type;
}

// Columns in the order in which they stand: known ones first, then the rows' own.
std::vector<std::pair<std::string, std::string>> ColumnsOf(const project::TestRows& rows,
                                                           const ColumnTypes& known) {
  ColumnTypes types = rows.columns;
  types.insert(known.begin(), known.end());
  for (const Json& row : rows.rows) {
    for (const auto& [column, value] : row.items()) {
      const bool is_known = std::ranges::any_of(
          types, [&](const auto& entry) { return SameName(entry.first, column); });
      if (!is_known) {
        types.emplace(column, TypeOfColumn(rows.rows, column));
      }
    }
  }
  return {types.begin(), types.end()};
}

const Json* ValueOf(const Json& row, const std::string& column) {
  for (const auto& [name, value] : row.items()) {
    if (SameName(name, column)) {
      return &value;
    }
  }
  return nullptr;
}

std::string SelectOfList(const project::TestRows& rows, const ColumnTypes& known) {
  const auto columns = ColumnsOf(rows, known);
  if (columns.empty()) {
    throw UserError(
        "nothing says which columns '{}' has: give it rows, `columns` with their types, or a "
        "contract (`columns` of the job that writes it)",
        rows.name);
  }
  std::vector<std::string> selects;
  for (const Json& row : rows.rows) {
    std::vector<std::string> cells;
    for (const auto& [column, type] : columns) {
      const Json* value = ValueOf(row, column);
      cells.push_back(fmt::format("CAST({} AS {}) AS {}",
                                  value == nullptr ? "NULL" : Literal(*value), type,
                                  sql::QuoteName(column)));
    }
    selects.push_back(fmt::format("SELECT {}", fmt::join(cells, ", ")));
  }
  if (selects.empty()) {
    std::vector<std::string> cells;
    for (const auto& [column, type] : columns) {
      cells.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, sql::QuoteName(column)));
    }
    return fmt::format("SELECT {} WHERE false", fmt::join(cells, ", "));
  }
  return fmt::to_string(fmt::join(selects, " UNION ALL "));
}

// The declared columns as a table that the rows would go into.
lake::Snapshot TableOf(const ColumnTypes& types, sql::Connection& connection) {
  lake::Snapshot table;
  if (!types.empty()) {
    std::vector<std::string> columns;
    for (const auto& [column, type] : types) {
      columns.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, sql::QuoteName(column)));
    }
    table.version = 0;
    table.metadata.schema = connection.Describe(fmt::format("SELECT {}", fmt::join(columns, ", ")));
  }
  return table;
}

// What to read rows from. Texts of CSV are as exact here as in an import.
std::string SourceOf(const std::filesystem::path& path, const std::string& relation,
                     const ColumnTypes& types, sql::Connection& connection) {
  const std::string suffix = LowerCase(path.extension().string());
  const std::vector<std::string> files{path.string()};
  if (suffix == ".csv") {
    const lake::TableFolder folder{.store = nullptr, .name = relation};
    const lake::Snapshot table = TableOf(types, connection);
    return fmt::format("({})", lake::CsvSelect(files, ',', {.folder = folder, .snapshot = table}));
  }
  if (suffix == ".parquet") {
    return fmt::format("read_parquet({})", sql::QuotePaths(files));
  }
  if (suffix == ".ndjson" || suffix == ".jsonl") {
    return fmt::format("read_json({}, format = 'newline_delimited', sample_size = -1)",
                       sql::QuotePaths(files));
  }
  throw UserError("{}: rows of a test are .csv, .ndjson or .parquet", path.string());
}

std::string SelectOfFile(const project::TestRows& rows, const ColumnTypes& known,
                         const std::filesystem::path& project_folder, sql::Connection& connection) {
  ColumnTypes types = rows.columns;
  types.insert(known.begin(), known.end());
  const std::string from =
      "FROM " + SourceOf(project_folder / rows.file, rows.name, types, connection);
  const Schema schema = connection.Describe("SELECT * " + from);
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) {
    const std::string name = sql::QuoteName(field.name);
    const auto type = std::ranges::find_if(
        types, [&](const auto& entry) { return SameName(entry.first, field.name); });
    columns.push_back(
        type == types.end() ? name : fmt::format("CAST({0} AS {1}) AS {0}", name, type->second));
  }
  for (const auto& [column, type] : types) {
    if (schema.Find(column) == nullptr) {
      columns.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, sql::QuoteName(column)));
    }
  }
  return fmt::format("SELECT {} {}", fmt::join(columns, ", "), from);
}

}  // namespace

std::string SelectOf(const project::TestRows& rows, const ColumnTypes& known,
                     const std::filesystem::path& project_folder, sql::Connection& connection) {
  return rows.file.empty() ? SelectOfList(rows, known)
                           : SelectOfFile(rows, known, project_folder, connection);
}

}  // namespace weir::jobs
