#include "lake/import_files.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/import_text.h"
#include "lake/text_lines.h"
#include "sql/quote.h"
#include "storage/unpacker.h"

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

// A column of Parquet files, its type as DuckDB spells it.
struct FileColumn {
  std::string name;
  std::string type;
};

FileKind KindOf(const std::string& file) {
  const bool is_packed = storage::PackingOf(file) != storage::Packing::kPlain;
  const std::string bare = LowerCase(is_packed ? file.substr(0, file.rfind('.')) : file);
  for (const auto& [suffix, kind] : kSuffixes) {
    if (bare.ends_with(suffix) && !(is_packed && kind == FileKind::kParquet)) {
      return kind;
    }
  }
  throw UserError(
      "can't tell what {} holds; allowed suffixes: .parquet, or .csv, .tsv, .ndjson, .jsonl, "
      ".json, these also with .gz or .zst",
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
    if (!std::filesystem::is_regular_file(file)) {
      throw UserError("{} is {}; an import reads plain files", file,
                      std::filesystem::is_directory(file) ? "a folder" : "a pipe or a device");
    }
  }
  return kind;
}

std::vector<FileColumn> ColumnsOf(sql::Connection& connection, const std::string& reader) {
  std::vector<FileColumn> columns;
  const std::string select =
      fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})", reader);
  for (const auto& row : connection.Query(select).Rows()) {
    columns.push_back(
        {.name = std::get<std::string>(row[0]), .type = std::get<std::string>(row[1])});
  }
  return columns;
}

// The nearest type that tables hold, for types of Parquet that they don't.
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

// Throws UserError for a file that is no Parquet file, and for decimals of more digits than DuckDB
// has: it takes them for doubles, and their bytes for other numbers.
void CheckParquet(sql::Connection& connection, const std::string& file) {
  const std::string select =
      fmt::format("SELECT name, precision, scale FROM parquet_schema({}) WHERE precision > 38",
                  sql::QuotePaths(std::vector<std::string>{file}));
  std::vector<std::vector<sql::Value>> wide;
  try {
    wide = connection.Query(select).Rows();
  } catch (const std::runtime_error& problem) {
    const std::string_view message = problem.what();
    throw UserError("{} can't be read as a Parquet file: {}", file,
                    message.substr(0, message.find('\n')));
  }
  if (!wide.empty()) {
    throw UserError(
        "{}: column \"{}\" is DECIMAL({},{}), and decimals of a table have at most 38 digits", file,
        std::get<std::string>(wide[0][0]), std::get<std::int64_t>(wide[0][1]),
        std::get<std::int64_t>(wide[0][2]));
  }
}

std::string ReaderOf(const std::vector<std::string>& files) {
  return fmt::format("read_parquet({}, union_by_name=true, hive_partitioning=false)",
                     sql::QuotePaths(files));
}

// The columns keep their types but for those that no table holds.
std::string HeldSelect(const std::vector<FileColumn>& columns, const std::string& reader) {
  std::vector<std::string> parts;
  for (const FileColumn& column : columns) {
    const std::string name = sql::QuoteName(column.name);
    const std::string held = HeldType(column.type);
    parts.push_back(held == column.type ? name
                                        : fmt::format("CAST({0} AS {1}) AS {0}", name, held));
  }
  return fmt::format("SELECT {} FROM {}", fmt::join(parts, ", "), reader);
}

// The file's columns, but for those that hold no value of any type.
Schema TypedColumns(sql::Connection& connection, const std::string& file) {
  const std::string reader = ReaderOf({file});
  std::vector<FileColumn> columns = ColumnsOf(connection, reader);
  std::erase_if(columns, [](const FileColumn& column) {
    return column.type.find("\"NULL\"") != std::string::npos;
  });
  return columns.empty() ? Schema() : connection.Describe(HeldSelect(columns, reader));
}

// Throws UserError for a column whose types in the files have none among them that holds the
// values of all; DuckDB would make texts of them, or round.
void CheckCommonTypes(sql::Connection& connection, const std::vector<std::string>& files,
                      const Schema& common) {
  struct Found {
    std::string file;
    DataType type;
  };
  std::map<std::string, Found> first;  // by column, in small letters
  for (const std::string& file : files) {
    for (const Field& field : TypedColumns(connection, file).fields) {
      const Found& other =
          first.try_emplace(LowerCase(field.name), Found{file, field.type}).first->second;
      const Field* const target = common.Find(field.name);
      const bool fit = field.type == other.type || target == nullptr ||
                       (WidensTo(field.type, target->type) && WidensTo(other.type, target->type));
      if (!fit) {
        throw UserError(
            "column \"{}\" has type {} in {}, but {} in {}, and neither holds the values of the "
            "other",
            field.name, ToText(field.type), file, ToText(other.type), other.file);
      }
    }
  }
}

std::string ParquetSelect(sql::Connection& connection, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    CheckParquet(connection, file);
  }
  const std::string reader = ReaderOf(files);
  const std::string select = HeldSelect(ColumnsOf(connection, reader), reader);
  if (files.size() > 1) {
    CheckCommonTypes(connection, files, connection.Describe(select));
  }
  return select;
}

}  // namespace

std::string SelectNoRows(const std::vector<std::string>& files, const TableAt& table) {
  if (!table.snapshot.exists()) {
    throw UserError("{} {} empty; a new table takes its columns from the files",
                    fmt::join(files, ", "), files.size() == 1 ? "is" : "are");
  }
  std::vector<std::string> parts;
  parts.reserve(table.snapshot.metadata.schema.fields.size());
  for (const Field& field : table.snapshot.metadata.schema.fields) {
    parts.push_back(
        fmt::format("CAST(NULL AS {}) AS {}", ToText(field.type), sql::QuoteName(field.name)));
  }
  return fmt::format("SELECT {} WHERE false", fmt::join(parts, ", "));
}

std::string ImportSelect(sql::Connection& connection, const ImportSource& source,
                         const TableAt& table) {
  const FileKind kind = CommonKind(source.files);
  if (source.delimiter && kind != FileKind::kCsv && kind != FileKind::kTsv) {
    throw UserError("{} has no delimiter; only .csv and .tsv files have one", source.files.front());
  }
  switch (kind) {
    case FileKind::kParquet:
      return ParquetSelect(connection, source.files);
    case FileKind::kCsv:
    case FileKind::kTsv:
      return CsvSelect(source.files, source.delimiter.value_or(kind == FileKind::kTsv ? '\t' : ','),
                       table, source.stop);
    case FileKind::kJson:
      return JsonSelect(source.files, table, source.stop);
  }
  return "";
}

Committed ImportFiles(Warehouse& warehouse, const TableFolder& table, const ImportSource& source,
                      WriteRequest request) {
  const Snapshot snapshot = warehouse.Open(table);
  const TableAt at{.folder = table, .snapshot = snapshot};
  request.select = ImportSelect(warehouse.connection(), source, at);
  return CommitPlanned(warehouse, at, PlanWrite(warehouse, at, request));
}

}  // namespace weir::lake
