// A scan names every column that it wants with its type, so that DuckDB opens no file before it
// reads rows: a column or struct field that a file lacks is null, and one of another type is
// converted while the file is read. In the scan columns have names of their own ("weir0" …), as
// DuckDB's file_index and file_row_number would hide behind a table's columns of these names.
#include "lake/scan.h"

#include <algorithm>
#include <numeric>

#include <fmt/ranges.h>

#include "base/percent.h"
#include "lake/extension_scan.h"
#include "lake/partition_layout.h"
#include "lake/warehouse.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

constexpr std::string_view kFileIndex = "weir_file_index";
constexpr std::string_view kRowNumber = "weir_row_number";

// A path as a pattern that only this path matches.
std::string GlobOf(const std::string& path) {
  std::string glob;
  for (const char letter : path) {
    const bool is_special = letter == '*' || letter == '?' || letter == '[';
    glob += is_special ? std::string("[") + letter + "]" : std::string(1, letter);
  }
  return glob;
}

// A partition column of all files: one constant, or the file's among a list.
std::string PartitionSql(const Field& field, const std::vector<AddFile>& files) {
  std::vector<std::string> values;
  std::ranges::transform(files, std::back_inserter(values), [&](const AddFile& file) {
    return PartitionLiteral(field, field.name, file);
  });
  const bool is_constant =
      std::ranges::adjacent_find(values, std::ranges::not_equal_to()) == values.end();
  return is_constant ? fmt::format("CAST({} AS {})", values.front(), ToText(field.type))
                     : fmt::format("CAST([{}] AS {}[])[CAST(file_index AS BIGINT) + 1]",
                                   fmt::join(values, ", "), ToText(field.type));
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
  std::ranges::transform(metadata.schema.fields, std::back_inserter(columns),
                         [](const Field& field) {
                           return fmt::format("CAST(NULL AS {}) AS {}", ToText(field.type),
                                              sql::QuoteName(field.name));
                         });
  if (options.with_file_index) {
    columns.push_back(fmt::format("CAST(NULL AS BIGINT) AS {}", kFileIndex));
  }
  if (options.with_row_number) {
    columns.push_back(fmt::format("CAST(NULL AS BIGINT) AS {}", kRowNumber));
  }
  return fmt::format("SELECT {} WHERE false", fmt::join(columns, ", "));
}

}  // namespace

std::string UrlOf(const TableFolder& table, const AddFile& file) {
  const std::string path = PercentDecode(file.path);
  if (path.starts_with("file:")) {
    return path.substr(path.starts_with("file://") ? 7 : 5);
  }
  const bool is_whole = path.starts_with('/') || path.find("://") != std::string::npos;
  return is_whole ? path : table.store->Url(path);
}

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
  return UnreadableFeatures(snapshot).empty() ? ScanSql(table, snapshot, snapshot.files)
                                              : ExtensionScanSql(table, snapshot);
}

std::optional<std::string> NewestScanSql(Warehouse& warehouse, const std::string& table) {
  const TableFolder folder = warehouse.FolderOf(table);
  const Snapshot snapshot = warehouse.Open(folder);
  return snapshot.exists() ? std::optional(ScanSql(folder, snapshot)) : std::nullopt;
}

}  // namespace weir::lake
