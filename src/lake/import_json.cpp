#include <algorithm>
#include <map>

#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"
#include "lake/import_text.h"
#include "lake/json_shape.h"
#include "lake/text_lines.h"
#include "lake/text_value.h"
#include "sql/quote.h"
#include "storage/unpacker.h"

namespace weir::lake {
namespace {

using JsonColumns = std::vector<JsonShape::Column>;

// Adds the objects of a file; how many there are. One with a byte order mark is refused, as DuckDB,
// which reads it again, takes none.
std::int64_t AddObjects(JsonShape& shape, const std::string& file, const TableAt& table,
                        const std::stop_token& stop) {
  TextLines lines(file, stop);
  std::int64_t count = 0;
  while (const auto line = lines.Next()) {
    if (lines.has_byte_order_mark()) {
      throw UserError(
          "{}:1: the file begins with a byte order mark (EF BB BF), which JSON doesn't have; write "
          "it as UTF-8 without one",
          file);
    }
    if (!Trimmed(*line).empty()) {
      shape.AddObject(*line, {.file = file, .line = lines.number(), .table = table.folder.name});
      ++count;
    }
  }
  return count;
}

std::string JsonReader(storage::Packing packing, const std::vector<std::string>& files,
                       const JsonColumns& columns) {
  std::vector<std::string> types;
  for (const auto& column : columns) {
    types.push_back(sql::QuoteText(column.key) + ": " + sql::QuoteText(column.read_as));
  }
  return fmt::format(
      "read_json({}, format='newline_delimited', records='true', hive_partitioning=false, "
      "compression={}, "
      "maximum_object_size={}, columns={{{}}})",
      sql::QuotePaths(files), sql::QuoteText(storage::PackingName(packing)),
      2 * TextLines::kLongestLine, fmt::join(types, ", "));
}

// Those that the objects have; all of the table's for objects without fields.
JsonColumns ColumnsToRead(const JsonShape& shape) {
  JsonColumns columns = shape.columns();
  if (std::ranges::any_of(columns, &JsonShape::Column::is_found)) {
    std::erase_if(columns, [](const auto& column) { return !column.is_found; });
  }
  return columns;
}

}  // namespace

std::string JsonSelect(const std::vector<std::string>& files, const TableAt& table,
                       const std::stop_token& stop) {
  JsonShape shape(StructOf(table.snapshot.metadata.schema.fields), true);
  std::map<storage::Packing, std::vector<std::string>> filled;
  for (const std::string& file : files) {
    if (AddObjects(shape, file, table, stop) > 0) {
      filled[storage::PackingOf(file)].push_back(file);
    }
  }
  if (filled.empty()) {
    return SelectNoRows(files, table);
  }
  const JsonColumns columns = ColumnsToRead(shape);
  if (columns.empty()) {
    throw UserError("{}: no object has a field", fmt::join(files, ", "));
  }
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const auto& column : columns) {
    const std::string name = sql::QuoteName(column.key);
    parts.push_back(fmt::format("{} AS {}", ValueFromTextSql(name, column.type), name));
  }
  std::vector<std::string> selects;
  selects.reserve(filled.size());
  for (const auto& [packing, group] : filled) {
    selects.push_back(fmt::format("SELECT {} FROM {}", fmt::join(parts, ", "),
                                  JsonReader(packing, group, columns)));
  }
  return fmt::format("{}", fmt::join(selects, "\nUNION ALL\n"));
}

}  // namespace weir::lake
