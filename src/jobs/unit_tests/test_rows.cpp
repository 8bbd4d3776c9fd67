#include "jobs/unit_tests/test_rows.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "data/schema.h"
#include "jobs/checks/exact_value.h"
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

// Absent for a type that no table's column has: its casts say what fits.
std::optional<DataType> TypeNamed(const std::string& type, sql::Connection& connection) {
  try {
    return connection.Describe(fmt::format("SELECT CAST(NULL AS {}) AS x", type)).fields[0].type;
  } catch (const UserError&) {
    return std::nullopt;
  }
}

// Throws UserError for a value that the column could only hold rounded or cut, as CSV files do.
void CheckFits(const Json& value, const DataType& type, const std::string& column) {
  if (value.is_array() && type.kind == TypeKind::kArray) {
    for (const Json& part : value) {
      CheckFits(part, type.children.front().type, column);
    }
  } else if (value.is_object() && type.kind == TypeKind::kStruct) {
    for (const Field& part : type.children) {
      if (const Json* found = ValueOf(value, part.name)) {
        CheckFits(*found, part.type, fmt::format("{}.{}", column, part.name));
      }
    }
  } else if (value.is_string() || value.is_number()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!HoldsExactly(text, type)) {
      throw UserError("{}", MisfitText(text, column, type));
    }
  }
}

void CheckValues(const project::TestRows& rows,
                 const std::vector<std::pair<std::string, std::string>>& columns,
                 sql::Connection& connection) {
  for (const auto& [column, written] : columns) {
    const auto type = TypeNamed(written, connection);
    if (!type) {
      continue;
    }
    for (const Json& row : rows.rows) {
      if (const Json* value = ValueOf(row, column)) {
        CheckFits(*value, *type, column);
      }
    }
  }
}

std::string SelectOfList(const project::TestRows& rows, const ColumnTypes& known,
                         sql::Connection& connection) {
  const auto columns = ColumnsOf(rows, known);
  if (columns.empty()) {
    throw UserError(
        "nothing says which columns '{}' has: give it rows, `columns` with their types, or a "
        "contract (`columns` of the job that writes it)",
        rows.name);
  }
  CheckValues(rows, columns, connection);
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
    cells.reserve(columns.size());
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

// What to read rows from. Texts of CSV and NDJSON are as exact here as in an import.
std::string SourceOf(const std::filesystem::path& path, const std::string& relation,
                     const ColumnTypes& types, sql::Connection& connection) {
  const std::string suffix = LowerCase(path.extension().string());
  const std::vector<std::string> files{path.string()};
  const bool is_json = suffix == ".ndjson" || suffix == ".jsonl";
  if (suffix == ".csv" || is_json) {
    const lake::TableFolder folder{.store = nullptr, .name = relation};
    const lake::Snapshot snapshot = TableOf(types, connection);
    const lake::TableAt table{.folder = folder, .snapshot = snapshot};
    return fmt::format(
        "({})", is_json ? lake::JsonSelect(files, table) : lake::CsvSelect(files, ',', table));
  }
  if (suffix == ".parquet") {
    return fmt::format("read_parquet({})", sql::QuotePaths(files));
  }
  throw UserError("{}: rows of a test are .csv, .ndjson or .parquet", path.string());
}

bool IsFloat(const DataType& type) {
  return type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
}

// Whether a cast from one to the other may round or cut. A fraction of a floating column is its
// nearest number; what a text means its cast says.
bool MayRound(const DataType& from, const std::optional<DataType>& to) {
  return to && from != *to && from.kind != TypeKind::kString && to->kind != TypeKind::kString &&
         !(IsFloat(from) && IsFloat(*to));
}

// Throws UserError for a value of a file that its column would only hold rounded or cut.
void CheckFileFits(const std::string& from, const Field& field, const std::string& type,
                   const project::TestRows& rows, sql::Connection& connection) {
  const auto to = TypeNamed(type, connection);
  if (!MayRound(field.type, to)) {
    return;
  }
  const std::string name = sql::QuoteName(field.name);
  const auto misfits =
      connection
          .Query(fmt::format("SELECT CAST({0} AS VARCHAR) {1} WHERE TRY_CAST(TRY_CAST({0} AS {2}) "
                             "AS {3}) IS DISTINCT FROM {0} LIMIT 1",
                             name, from, type, ToText(field.type)))
          .Rows();
  if (!misfits.empty()) {
    const auto& text = std::get<std::string>(misfits.front().front());
    throw UserError("{}: {}", rows.file, MisfitText(text, field.name, *to));
  }
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
    if (type == types.end()) {
      columns.push_back(name);
      continue;
    }
    CheckFileFits(from, field, type->second, rows, connection);
    columns.push_back(fmt::format("CAST({0} AS {1}) AS {0}", name, type->second));
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
  return rows.file.empty() ? SelectOfList(rows, known, connection)
                           : SelectOfFile(rows, known, project_folder, connection);
}

}  // namespace weir::jobs
