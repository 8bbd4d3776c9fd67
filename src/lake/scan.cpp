// A scan names every column that it wants with its type, so that DuckDB opens no file before it
// reads rows: a column or struct field that a file lacks is null, and one of another type is
// converted while the file is read. In the scan columns have names of their own ("weir0" …), as
// DuckDB's file_index and file_row_number would hide behind a table's columns of these names.
#include "lake/scan.h"

#include <algorithm>
#include <numeric>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/percent.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr auto kFileIndex = "weir_file_index";
constexpr auto kRowNumber = "weir_row_number";

// Where DuckDB opens a file: below the table's folder, or wherever a shallow clone says.
std::string UrlOf(const TableFolder& table, const AddFile& file) {
  const std::string path = PercentDecode(file.path);
  if (path.starts_with("file:")) {
    return path.substr(path.starts_with("file://") ? 7 : 5);
  }
  const bool is_whole = path.starts_with('/') || path.find("://") != std::string::npos;
  return is_whole ? path : table.store->Url(path);
}

// A path as a pattern that only this path matches.
std::string GlobOf(const std::string& path) {
  std::string glob;
  for (const char letter : path) {
    const bool is_special = letter == '*' || letter == '?' || letter == '[';
    glob += is_special ? std::string("[") + letter + "]" : std::string(1, letter);
  }
  return glob;
}

std::optional<std::string> PartitionText(const AddFile& file, const Field& field) {
  const auto found = std::ranges::find_if(
      file.partition_values, [&](const auto& entry) { return SameName(entry.first, field.name); });
  return found == file.partition_values.end() ? std::nullopt : found->second;
}

// A partition column of all files: one constant, or the file's among a list. NaN and infinities
// stand in the log as Java writes them, which DuckDB reads as well.
std::string PartitionSql(const Field& field, const std::vector<AddFile>& files) {
  std::vector<std::string> values;
  for (const AddFile& file : files) {
    const auto text = PartitionText(file, field);
    values.push_back(text ? sql::QuoteText(*text) : "NULL");
  }
  const bool is_binary = field.type.kind == TypeKind::kBinary;
  const std::string type = is_binary ? "VARCHAR" : ToText(field.type);
  const bool is_constant =
      std::ranges::adjacent_find(values, std::ranges::not_equal_to()) == values.end();
  const std::string value = is_constant
                                ? fmt::format("CAST({} AS {})", values.front(), type)
                                : fmt::format("CAST([{}] AS {}[])[CAST(file_index AS BIGINT) + 1]",
                                              fmt::join(values, ", "), type);
  return is_binary ? "encode(" + value + ")" : value;
}

// One entry of read_parquet's `schema`: the file's column `field` as "weir<index>".
std::string SchemaEntry(const Field& field, std::size_t index) {
  return fmt::format("{}: {{'name': 'weir{}', 'type': {}, 'default_value': CAST(NULL AS VARCHAR)}}",
                     sql::QuoteText(field.name), index, sql::QuoteText(ToText(field.type)));
}

// The number of rows, so that the planner opens no file to guess it; nothing if a file's is
// unknown.
std::string CardinalitySql(const std::vector<AddFile>& files) {
  std::int64_t rows = 0;
  for (const AddFile& file : files) {
    const auto counted = StatisticsOf(file).num_rows;
    if (!counted) {
      return "";
    }
    rows += *counted;
  }
  return rows > 0 ? fmt::format(", explicit_cardinality={}", rows) : "";
}

std::string ReadParquetSql(const TableFolder& table, const std::vector<AddFile>& files,
                           const std::vector<std::string>& schema) {
  std::vector<std::string> urls;
  std::ranges::transform(files, std::back_inserter(urls),
                         [&](const AddFile& file) { return GlobOf(UrlOf(table, file)); });
  return fmt::format("read_parquet({}, schema=MAP{{{}}}{})", sql::QuoteTexts(urls),
                     fmt::join(schema, ", "), CardinalitySql(files));
}

std::string NoRowsSql(const Metadata& metadata, const ScanOptions& options) {
  std::vector<std::string> columns;
  for (const Field& field : metadata.schema.fields) {
    columns.push_back(
        fmt::format("CAST(NULL AS {}) AS {}", ToText(field.type), sql::QuoteName(field.name)));
  }
  if (options.with_file_index) {
    columns.push_back(fmt::format("CAST(NULL AS BIGINT) AS {}", kFileIndex));
  }
  if (options.with_row_number) {
    columns.push_back(fmt::format("CAST(NULL AS BIGINT) AS {}", kRowNumber));
  }
  return fmt::format("SELECT {} WHERE false", fmt::join(columns, ", "));
}

}  // namespace

std::string ScanSql(const TableFolder& table, const Snapshot& snapshot,
                    const std::vector<AddFile>& files, const ScanOptions& options) {
  if (files.empty()) {
    return NoRowsSql(snapshot.metadata, options);
  }
  std::vector<std::string> columns;
  std::vector<std::string> schema;
  for (const Field& field : snapshot.metadata.schema.fields) {
    const std::string name = sql::QuoteName(field.name);
    if (snapshot.metadata.IsPartitionColumn(field.name)) {
      columns.push_back(PartitionSql(field, files) + " AS " + name);
      continue;
    }
    columns.push_back(fmt::format("weir{} AS {}", schema.size(), name));
    schema.push_back(SchemaEntry(field, schema.size()));
  }
  if (options.with_file_index) {
    columns.push_back(fmt::format("CAST(file_index AS BIGINT) AS {}", kFileIndex));
  }
  if (options.with_row_number) {
    columns.push_back(fmt::format("CAST(file_row_number AS BIGINT) AS {}", kRowNumber));
  }
  return fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "),
                     ReadParquetSql(table, files, schema));
}

std::string ScanSql(const TableFolder& table, const Snapshot& snapshot) {
  if (UnreadableFeatures(snapshot).empty()) {
    return ScanSql(table, snapshot, snapshot.files);
  }
  return fmt::format("SELECT * FROM delta_scan({}, version => {})",
                     sql::QuoteText(table.store->Url("")), snapshot.version);
}

void EnsureReadable(const TableFolder& table, const Snapshot& snapshot, sql::Database& database) {
  const std::vector<std::string> features = UnreadableFeatures(snapshot);
  if (features.empty()) {
    return;
  }
  try {
    database.LoadExtension("delta");
  } catch (const ExternalError& error) {
    throw UserError("{} uses {}, which weir reads through DuckDB's delta extension: {}", table.name,
                    fmt::join(features, ", "), error.what());
  }
}

}  // namespace weir::lake
