#include "lake/merge.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.h"
#include "lake/merge_source.h"
#include "lake/partitions.h"
#include "lake/rewrite.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"
#include "lake/source_columns.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

// What the stages of a merge share. The connection is the warehouse's.
struct Merge {
  Warehouse& warehouse;
  const TableAt& table;  // with the columns of the merge, without files
  const WriteRequest& request;
  const SourceColumns& source;
  const std::vector<std::string>& keys;
  const std::string& rows;  // the source, kept

  sql::Connection& connection() const { return warehouse.connection(); }
  // What numbers the kept rows: DuckDB's rowid, or our own column where the source has one so
  // named.
  std::string row_number() const {
    return source.Has("rowid") ? "new.weir_source_row" : "new.rowid";
  }
  bool IsKey(const std::string& column) const {
    return std::ranges::find(keys, column) != keys.end();
  }
  std::string Scan(const std::vector<AddFile>& files) const {
    return ScanSql(table.folder, table.snapshot, files,
                   {.with_file_index = true, .with_row_number = true});
  }
};

// "old.a IS DISTINCT FROM new.a OR …" for those of `columns` that are no keys; "false" for none.
std::string Differs(const Merge& merge, const std::vector<std::string>& columns) {
  std::vector<std::string> parts{"false"};
  for (const std::string& column : columns) {
    if (!merge.IsKey(column) && merge.source.Has(column)) {
      parts.push_back(fmt::format("old.{0} IS DISTINCT FROM new.{0}", sql::QuoteName(column)));
    }
  }
  return fmt::format("({})", fmt::join(parts, " OR "));
}

// Which source row matched in which of `files`: reads the key columns alone.
std::string HitsSql(const Merge& merge, const std::vector<AddFile>& files) {
  return fmt::format(
      "SELECT old.weir_file_index, {} AS weir_source_row FROM ({}) AS old JOIN {} AS new ON {}",
      merge.row_number(), merge.Scan(files), merge.rows, KeysEqual(merge.keys, "old", "new"));
}

// The files that hits name; of a merge that deletes absent rows all files.
std::vector<AddFile> TouchedFiles(const Merge& merge, const std::vector<AddFile>& candidates,
                                  const std::string& hits) {
  if (merge.request.delete_absent) {
    return candidates;
  }
  std::vector<AddFile> touched;
  const std::string select =
      fmt::format("SELECT DISTINCT CAST(weir_file_index AS BIGINT) FROM {} ORDER BY 1", hits);
  for (const auto& row : merge.connection().Query(select).Rows()) {
    touched.push_back(candidates[static_cast<std::size_t>(std::get<std::int64_t>(row[0]))]);
  }
  return touched;
}

// Rows of the table that match no source row and are to be deleted.
std::string AbsentSql(const Merge& merge, const std::vector<AddFile>& files) {
  std::vector<std::string> nulls;
  nulls.reserve(merge.source.names.size());
  for (const std::string& name : merge.source.names) {
    nulls.push_back(fmt::format("NULL AS {}", sql::QuoteName(name)));
  }
  const std::string& where = merge.request.delete_absent_where;
  return fmt::format(
      "SELECT old.weir_file_index, old.weir_row_number, true AS weir_goes, false AS weir_moves, {} "
      "FROM (SELECT * FROM ({}) WHERE (\n{}\n)) AS old "
      "WHERE NOT EXISTS (SELECT 1 FROM {} AS new WHERE {})",
      fmt::join(nulls, ", "), merge.Scan(files), where.empty() ? "true" : where, merge.rows,
      KeysEqual(merge.keys, "old", "new"));
}

// "new.a, new.b …": the source's columns.
std::string SourceColumnsSql(const Merge& merge) {
  std::vector<std::string> columns;
  columns.reserve(merge.source.names.size());
  for (const std::string& name : merge.source.names) {
    columns.push_back("new." + sql::QuoteName(name));
  }
  return fmt::format("{}", fmt::join(columns, ", "));
}

// The rows that change, as Edits has them, with weir_moves for those that change partition; ordered
// so that the edits of one file lie together.
std::string EditsSql(const Merge& merge, const std::vector<AddFile>& files) {
  const std::string moves = Differs(merge, merge.source.metadata.partition_columns);
  std::string select = fmt::format(
      "SELECT old.weir_file_index, old.weir_row_number, {0} AS weir_goes, {0} AS weir_moves, {1} "
      "FROM ({2}) AS old JOIN {3} AS new ON {4} WHERE {5}",
      moves, SourceColumnsSql(merge), merge.Scan(files), merge.rows,
      KeysEqual(merge.keys, "old", "new"), Differs(merge, merge.source.names));
  if (merge.request.delete_absent) {
    select += " UNION ALL " + AbsentSql(merge, files);
  }
  return select + " ORDER BY weir_file_index, weir_row_number";
}

// The table's columns where those of the source come from `source` and others from `other`.
std::string MixedColumns(const Merge& merge, const std::string& source, const std::string& other) {
  std::vector<std::string> columns;
  for (const Field& field : merge.source.metadata.schema.fields) {
    const std::string name = sql::QuoteName(field.name);
    columns.push_back(merge.source.Has(field.name) ? source + name : other + name);
  }
  return fmt::format("{}", fmt::join(columns, ", "));
}

// Source rows that matched nothing, in the source's order.
std::string InsertsSql(const Merge& merge, const ScratchTable& hits) {
  const std::string anti = hits.num_rows() == 0
                               ? ""
                               : fmt::format(
                                     "WHERE NOT EXISTS (SELECT 1 FROM {0} AS hit WHERE "
                                     "hit.weir_source_row = {1}) ORDER BY {1}",
                                     hits.name(), merge.row_number());
  return fmt::format("SELECT {} FROM {} AS new {}", sql::QuoteNames(merge.source.names), merge.rows,
                     anti);
}

// Rows that leave their file for another partition, whole.
std::string MovesSql(const Merge& merge, const std::vector<AddFile>& files,
                     const std::string& edits) {
  return fmt::format(
      "SELECT {} FROM ({}) AS old JOIN {} AS edit ON old.weir_file_index = edit.weir_file_index "
      "AND "
      "old.weir_row_number = edit.weir_row_number WHERE edit.weir_moves",
      MixedColumns(merge, "edit.", "old."), merge.Scan(files), edits);
}

std::vector<AddFile> WriteRows(const Merge& merge, const std::string& select) {
  return WriteData(merge.connection(), merge.table.folder, merge.source.metadata, select,
                   {.sort_by = merge.request.sort_by, .run_id = merge.request.origin.run_id});
}

// What the edits do to `files`: new files, removed ones and counted rows.
OperationMetrics ApplyEdits(const Merge& merge, const std::vector<AddFile>& files,
                            const std::string& edits_table, Changes& changes) {
  const Edits edits{.table = edits_table, .columns = merge.source.names};
  changes.adds =
      RewriteFiles(merge.warehouse, merge.table, files, edits, merge.request.origin.run_id);
  OperationMetrics metrics;
  for (const FileEdits& count : CountEdits(merge.connection(), edits)) {
    changes.removes.push_back(RemovalOf(files[static_cast<std::size_t>(count.file_index)], true));
    metrics.rows_updated += count.num_rows - count.num_gone;
    metrics.rows_deleted += count.num_gone;
  }
  const std::int64_t num_moves = merge.connection().QueryInteger(
      fmt::format("SELECT count(*) FROM {} WHERE weir_moves", edits_table));
  if (num_moves > 0) {
    std::ranges::move(WriteRows(merge, MovesSql(merge, files, edits_table)),
                      std::back_inserter(changes.adds));
    metrics.rows_updated += num_moves;
    metrics.rows_deleted -= num_moves;
  }
  return metrics;
}

// The merge into files that may hold the keys.
OperationMetrics MergeInto(const Merge& merge, const std::vector<AddFile>& candidates,
                           Changes& changes) {
  const ScratchTable hits(merge.connection(), HitsSql(merge, candidates));
  const std::vector<AddFile> touched = TouchedFiles(merge, candidates, hits.name());
  OperationMetrics metrics;
  if (!touched.empty()) {
    const ScratchTable edits(merge.connection(), EditsSql(merge, touched));
    metrics = ApplyEdits(merge, touched, edits.name(), changes);
  }
  std::vector<AddFile> inserted = WriteRows(merge, InsertsSql(merge, hits));
  metrics.rows_inserted = RowsOf(inserted);
  std::ranges::move(inserted, std::back_inserter(changes.adds));
  return metrics;
}

// The source as it is kept.
std::string KeptSql(const SourceColumns& source) {
  return source.Has("rowid") ? fmt::format(
                                   "SELECT *, row_number() OVER () AS weir_source_row FROM "
                                   "({})",
                                   source.select)
                             : source.select;
}

OperationName NameOfMerge(const Merge& merge) {
  OperationName name{.operation = "MERGE",
                     .parameters = {{"keys", fmt::format("{}", fmt::join(merge.keys, ","))}}};
  if (merge.request.delete_absent) {
    const std::string& where = merge.request.delete_absent_where;
    name.parameters["deleteAbsent"] = where.empty() ? "true" : where;
  }
  return name;
}

}  // namespace

Changes PlanMerge(Warehouse& warehouse, const TableAt& table, const WriteRequest& request) {
  sql::Connection& connection = warehouse.connection();
  const SourceColumns source =
      MatchColumns(connection, table, request.select, request.partition_by);
  const std::vector<std::string> keys = MatchKeys(request.keys, source, table);
  const ScratchTable rows(connection, KeptSql(source));
  CheckKeys(connection, rows.name(), keys);
  const Predicate ranges = KeyRanges(connection, rows.name(), source.metadata.schema, keys);

  const Snapshot wide = WithColumns(table.snapshot, source.metadata);
  const TableAt wide_table{.folder = table.folder, .snapshot = wide};
  const Merge merge{.warehouse = warehouse,
                    .table = wide_table,
                    .request = request,
                    .source = source,
                    .keys = keys,
                    .rows = rows.name()};
  Changes changes;
  SetMetadata(changes, table, source);
  changes.reads = request.delete_absent ? Predicate{} : ranges;
  const OperationMetrics metrics = MergeInto(
      merge, request.delete_absent ? table.snapshot.files : PruneFiles(table.snapshot, ranges),
      changes);
  DescribeOperation(changes, request.origin, NameOfMerge(merge), metrics);
  return changes;
}

}  // namespace weir::lake
