#include "lake/import_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>

#include <fmt/ranges.h>

#include "base/error.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

enum class FileKind : std::uint8_t { kParquet, kCsv, kTsv, kJson };

constexpr std::array<std::pair<std::string_view, FileKind>, 6> kSuffixes = {
    {{".parquet", FileKind::kParquet},
     {".csv", FileKind::kCsv},
     {".tsv", FileKind::kTsv},
     {".ndjson", FileKind::kJson},
     {".jsonl", FileKind::kJson},
     {".json", FileKind::kJson}}};

// A column of the files, its type as DuckDB spells it.
struct FileColumn {
  std::string name;
  std::string type;
};

FileKind KindOf(std::string_view file) {
  const bool is_packed = file.ends_with(".gz") || file.ends_with(".zst");
  const std::string_view bare = is_packed ? file.substr(0, file.rfind('.')) : file;
  for (const auto& [suffix, kind] : kSuffixes) {
    if (bare.ends_with(suffix) && !(is_packed && kind == FileKind::kParquet)) {
      return kind;
    }
  }
  throw UserError(
      "can't tell what {} holds; allowed suffixes: .parquet, or .csv, .tsv, .ndjson, .jsonl, "
      ".json, "
      "these also with .gz or .zst",
      file);
}

FileKind CommonKind(const std::vector<std::string>& files) {
  if (files.empty()) {
    throw UserError("an import needs at least one file");
  }
  const FileKind kind = KindOf(files.front());
  for (const std::string& file : files) {
    if (KindOf(file) != kind) {
      throw UserError("{} and {} are of different kinds; import one kind at a time", files.front(),
                      file);
    }
    if (!std::filesystem::exists(file)) {
      throw UserError("there is no file {}", file);
    }
  }
  return kind;
}

// "{'a': 'INTEGER', …}", or nothing for no columns.
std::string TypesSql(std::string_view parameter, const std::vector<FileColumn>& columns) {
  if (columns.empty()) {
    return "";
  }
  std::vector<std::string> parts;
  for (const FileColumn& column : columns) {
    parts.push_back(sql::QuoteText(column.name) + ": " + sql::QuoteText(column.type));
  }
  return fmt::format(", {}={{{}}}", parameter, fmt::join(parts, ", "));
}

// The function that reads `files`; without types it guesses them from all of the text.
std::string ReaderSql(FileKind kind, const std::vector<std::string>& files,
                      const std::vector<FileColumn>& types) {
  const std::string list = sql::QuoteTexts(files);
  switch (kind) {
    case FileKind::kParquet:
      return fmt::format("read_parquet({}, union_by_name=true, hive_partitioning=false)", list);
    case FileKind::kCsv:
    case FileKind::kTsv:
      return fmt::format(
          "read_csv({}, union_by_name=true, hive_partitioning=false, header=true, sample_size=-1, "
          "auto_type_candidates=['BOOLEAN', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', "
          "'TIMESTAMPTZ', 'VARCHAR']{}{})",
          list, kind == FileKind::kTsv ? ", delim='\t'" : "", TypesSql("types", types));
    case FileKind::kJson:
      return fmt::format(
          "read_json({}, union_by_name=true, hive_partitioning=false, "
          "format='newline_delimited', sample_size=-1{})",
          list, TypesSql("columns", types));
  }
  return "";
}

std::vector<FileColumn> GuessColumns(sql::Connection& connection, const std::string& reader) {
  std::vector<FileColumn> columns;
  const std::string select =
      fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})", reader);
  for (const auto& row : connection.Query(select).Rows()) {
    columns.push_back(
        {.name = std::get<std::string>(row[0]), .type = std::get<std::string>(row[1])});
  }
  return columns;
}

// The nearest type that tables hold, for types of DuckDB and Parquet that they don't.
std::string HeldType(const std::string& type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kHeld = {
      {{"UTINYINT", "SMALLINT"},
       {"USMALLINT", "INTEGER"},
       {"UINTEGER", "BIGINT"},
       {"UBIGINT", "DECIMAL(20,0)"},
       {"HUGEINT", "DECIMAL(38,0)"},
       {"TIMESTAMP_S", "TIMESTAMP"},
       {"TIMESTAMP_MS", "TIMESTAMP"},
       {"TIMESTAMP_NS", "TIMESTAMP"},
       {"TIME", "VARCHAR"},
       {"UUID", "VARCHAR"},
       {"JSON", "VARCHAR"},
       {"BIT", "VARCHAR"},
       {"\"NULL\"", "VARCHAR"}}};
  for (const auto& [from, to] : kHeld) {
    if (type == from) {
      return std::string(to);
    }
  }
  return type.starts_with("ENUM(") ? "VARCHAR" : type;
}

// Whether a column of text that looks like floating numbers holds whole ones of so many digits that
// a double would lose some: an id.
bool HoldsLongNumbers(sql::Connection& connection, FileKind kind,
                      const std::vector<std::string>& files, const FileColumn& column) {
  const std::string reader = ReaderSql(kind, files, {{.name = column.name, .type = "VARCHAR"}});
  const std::string select =
      fmt::format("SELECT count(*) FROM {} WHERE regexp_full_match({}, '[+-]?[0-9]{{16,}}')",
                  reader, sql::QuoteName(column.name));
  return connection.QueryInteger(select) > 0;
}

// The types to read text as: those of the table's columns, else the guessed ones.
std::vector<FileColumn> ChooseTypes(sql::Connection& connection, FileKind kind,
                                    const std::vector<std::string>& files, const Schema& table) {
  std::vector<FileColumn> columns = GuessColumns(connection, ReaderSql(kind, files, {}));
  for (FileColumn& column : columns) {
    if (const Field* const field = table.Find(column.name)) {
      column.type = ToText(field->type);
    } else if (kind != FileKind::kJson && column.type == "DOUBLE" &&
               HoldsLongNumbers(connection, kind, files, column)) {
      column.type = "VARCHAR";
    } else {
      column.type = HeldType(column.type);
    }
  }
  return columns;
}

// Parquet columns keep their types but for those that no table holds.
std::string ParquetSelect(sql::Connection& connection, const std::string& reader) {
  std::vector<std::string> parts;
  for (const FileColumn& column : GuessColumns(connection, reader)) {
    const std::string name = sql::QuoteName(column.name);
    const std::string held = HeldType(column.type);
    parts.push_back(held == column.type ? name
                                        : fmt::format("CAST({0} AS {1}) AS {0}", name, held));
  }
  return fmt::format("SELECT {} FROM {}", fmt::join(parts, ", "), reader);
}

// The column whose values a reader of JSON can't convert; the reader's own error doesn't say.
std::string BadJsonColumn(sql::Connection& connection, const std::vector<std::string>& files,
                          const Schema& table) {
  for (const Field& field : table.fields) {
    const std::string reader =
        ReaderSql(FileKind::kJson, files, {{.name = field.name, .type = ToText(field.type)}});
    try {
      connection.Run(fmt::format("SELECT count({}) FROM {}", sql::QuoteName(field.name), reader));
    } catch (const UserError&) {
      return fmt::format("column \"{}\" of type {}: ", field.name, ToText(field.type));
    }
  }
  return "";
}

// DuckDB lists all settings of its reader after the error itself.
std::string WithoutSettings(const std::string& message) {
  return message.substr(0, message.find("\n  delimiter = "));
}

}  // namespace

std::string ImportSelect(sql::Connection& connection, const std::vector<std::string>& files,
                         const Snapshot& table) {
  const FileKind kind = CommonKind(files);
  if (kind == FileKind::kParquet) {
    return ParquetSelect(connection, ReaderSql(kind, files, {}));
  }
  return "SELECT * FROM " +
         ReaderSql(kind, files, ChooseTypes(connection, kind, files, table.metadata.schema));
}

Committed ImportFiles(Warehouse& warehouse, const TableFolder& table,
                      const std::vector<std::string>& files, WriteRequest request) {
  const Snapshot snapshot = warehouse.Open(table);
  const TableAt at{.folder = table, .snapshot = snapshot};
  try {
    request.select = ImportSelect(warehouse.connection(), files, snapshot);
    return CommitPlanned(warehouse, at, PlanWrite(warehouse, at, request));
  } catch (const UserError& error) {
    const std::string text = WithoutSettings(error.what());
    if (text.find("JSON transform error") == std::string::npos) {
      throw UserError("{}", text);
    }
    throw UserError("{}{}", BadJsonColumn(warehouse.connection(), files, snapshot.metadata.schema),
                    text);
  }
}

}  // namespace weir::lake
