#include "lake/source_columns.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "lake/source_rows.h"
#include "lake/write_data.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// Tables hold points in time: a timestamp without a zone is taken as UTC.
void MakeTimestampsUtc(DataType& type) {
  if (type.kind == TypeKind::kTimestampNtz) {
    type.kind = TypeKind::kTimestamp;
  }
  for (Field& part : type.children) {
    MakeTimestampsUtc(part.type);
  }
}

Schema DescribeSource(sql::Connection& connection, const std::string& select) {
  Schema schema = connection.Describe(select);
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    Field& field = schema.fields[i];
    if (schema.Find(field.name) != &field) {
      throw UserError(
          "the source has two columns \"{}\" (letter case does not count); give one of them "
          "another name",
          field.name);
    }
    MakeTimestampsUtc(field.type);
  }
  return schema;
}

void CheckImportPartitions(const Schema& schema, const std::vector<std::string>& columns) {
  if (const auto twice = RepeatedName(columns)) {
    throw UserError("\"{}\" stands twice among the columns to partition by", *twice);
  }
  for (const std::string& column : columns) {
    const Field* const field = schema.Find(column);
    if (field == nullptr) {
      throw UserError("there is no column \"{}\" to partition by{}", column,
                      DidYouMean(column, schema.names()));
    }
    if (field->type.IsNested()) {
      throw UserError("column \"{}\" of type {} can't be a partition column; only simple types can",
                      column, ToText(field->type));
    }
  }
  if (!columns.empty() && columns.size() >= schema.fields.size()) {
    throw UserError("all columns are partition columns; at least one must be left for the files");
  }
}

void CheckSamePartitioning(const TableAt& table, const std::vector<std::string>& wanted) {
  const std::vector<std::string>& present = table.snapshot.metadata.partition_columns;
  if (!wanted.empty() && !std::ranges::equal(wanted, present, SameName)) {
    throw UserError(
        "{} is partitioned by ({}), not by ({}); a write can't change that: make a new table",
        table.folder.name, fmt::join(present, ", "), fmt::join(wanted, ", "));
  }
}

Metadata MetadataOfNewTable(const Schema& schema, const std::vector<std::string>& partition_by) {
  CheckImportPartitions(schema, partition_by);
  if (schema.fields.empty()) {
    throw UserError("the source has no columns");
  }
  std::vector<std::string> columns;
  columns.reserve(partition_by.size());
  for (const std::string& column : partition_by) {
    columns.push_back(schema.Find(column)->name);
  }
  return NewMetadata(schema, columns);
}

// Adds the source's columns that the table lacks; true if there is one.
bool AddColumns(const Schema& source, const std::string& table, Metadata& metadata) {
  bool is_changed = false;
  for (const Field& field : source.fields) {
    const Field* const present = metadata.schema.Find(field.name);
    if (present == nullptr) {
      metadata.schema.fields.push_back(field);
      is_changed = true;
    } else if (!WidensTo(field.type, present->type)) {
      throw UserError("column \"{}\" of the source has type {}, which does not fit {} of {}",
                      field.name, ToText(field.type), ToText(present->type), table);
    }
  }
  if (is_changed) {
    metadata.schema_string = SchemaToJson(metadata.schema);
  }
  return is_changed;
}

// One column of the source as the table has it; '' of a partition column is null there.
std::string ImportedColumnSql(const std::string& source_name, const Field& target,
                              bool is_partition) {
  const std::string value =
      fmt::format("CAST(weir_source.{} AS {})", sql::QuoteName(source_name), ToText(target.type));
  const bool empty_is_null = is_partition && target.type.kind == TypeKind::kString;
  return fmt::format("{}{}{} AS {}", empty_is_null ? "nullif(" : "", value,
                     empty_is_null ? ", '')" : "", sql::QuoteName(target.name));
}

}  // namespace

bool SourceColumns::Has(std::string_view column) const {
  return std::ranges::any_of(names, [&](const auto& name) { return SameName(name, column); });
}

SourceColumns MatchColumns(sql::Connection& connection, const TableAt& table,
                           const std::string& select,
                           const std::vector<std::string>& partition_by) {
  const Schema schema = DescribeSource(connection, select);
  SourceColumns source;
  if (table.snapshot.exists()) {
    CheckSamePartitioning(table, partition_by);
    source.metadata = table.snapshot.metadata;
    source.is_new_metadata = AddColumns(schema, table.folder.name, source.metadata);
  } else {
    source.metadata = MetadataOfNewTable(schema, partition_by);
    source.is_new_metadata = true;
  }
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) {
    const Field& target = *source.metadata.schema.Find(field.name);
    source.names.push_back(target.name);
    columns.push_back(
        ImportedColumnSql(field.name, target, source.metadata.IsPartitionColumn(target.name)));
  }
  source.select =
      fmt::format("SELECT {} FROM (\n{}\n) AS weir_source", fmt::join(columns, ", "), select);
  return source;
}

void SetMetadata(Changes& changes, const TableAt& table, const SourceColumns& source) {
  if (source.is_new_metadata) {
    changes.metadata = source.metadata;
  }
  if (!table.snapshot.exists()) {
    changes.protocol = NewProtocol();
  }
}

Snapshot WithColumns(const Snapshot& snapshot, const Metadata& metadata) {
  return {.version = snapshot.version,
          .timestamp = snapshot.timestamp,
          .protocol = snapshot.protocol,
          .metadata = metadata,
          .files = {},
          .tombstones = {},
          .txns = {}};
}

}  // namespace weir::lake
