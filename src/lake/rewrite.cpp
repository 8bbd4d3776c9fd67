#include "lake/rewrite.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/parallel.h"
#include "lake/scan.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

std::int64_t Integer(const sql::Value& value) { return std::get<std::int64_t>(value); }

std::string EditedColumnSql(const Field& field, const Edits& edits) {
  const std::string name = sql::QuoteName(field.name);
  if (std::ranges::find(edits.columns, field.name) == edits.columns.end()) {
    return "old." + name;
  }
  return fmt::format("CASE WHEN edit.weir_row_number IS NULL THEN old.{0} ELSE edit.{0} END AS {0}",
                     name);
}

// The file's rows with the edits of the connection's table weir_edits applied. A left join gives
// the rows that match before the others, so they are put in order again (a tenth of the whole
// cost).
std::string EditedSql(const TableAt& table, const AddFile& file, const Edits& edits) {
  std::vector<std::string> columns;
  columns.reserve(table.snapshot.metadata.schema.fields.size());
  for (const Field& field : table.snapshot.metadata.schema.fields) {
    columns.push_back(EditedColumnSql(field, edits));
  }
  const std::string scan = ScanSql(table.folder, table.snapshot, {file},
                                   {.with_file_index = false, .with_row_number = true});
  return fmt::format(
      "SELECT {} FROM ({}) AS old LEFT JOIN temp.weir_edits AS edit "
      "ON old.weir_row_number = edit.weir_row_number "
      "WHERE edit.weir_goes IS DISTINCT FROM true ORDER BY old.weir_row_number",
      fmt::join(columns, ", "), scan);
}

}  // namespace

std::vector<FileEdits> CountEdits(sql::Connection& connection, const Edits& edits) {
  std::vector<FileEdits> counts;
  const std::string select = fmt::format(
      "SELECT CAST(weir_file_index AS BIGINT), count(*), count(*) FILTER (weir_goes) FROM {} "
      "GROUP BY ALL ORDER BY ALL",
      edits.table);
  for (const auto& row : connection.Query(select).Rows()) {
    counts.push_back(
        {.file_index = Integer(row[0]), .num_rows = Integer(row[1]), .num_gone = Integer(row[2])});
  }
  return counts;
}

std::vector<AddFile> RewriteFiles(Warehouse& warehouse, const TableAt& table,
                                  const std::vector<AddFile>& files, const Edits& edits,
                                  const std::string& run_id) {
  const std::vector<FileEdits> counts = CountEdits(warehouse.connection(), edits);
  std::vector<std::vector<AddFile>> written(counts.size());
  ParallelFor(counts.size(), ThreadsOf(warehouse), [&](std::size_t i) {
    sql::Connection connection = warehouse.Connect();
    connection.Run(
        fmt::format("CREATE TEMP TABLE weir_edits AS SELECT * FROM {} "
                    "WHERE weir_file_index = {}",
                    edits.table, counts[i].file_index));
    const AddFile& file = files[static_cast<std::size_t>(counts[i].file_index)];
    written[i] = WriteData(
        connection, table.folder, table.snapshot.metadata, EditedSql(table, file, edits),
        {.sort_by = {}, .run_id = run_id, .one_file = true, .partition = file.partition_values});
  });
  std::vector<AddFile> adds;
  for (std::vector<AddFile>& part : written) {
    std::ranges::move(part, std::back_inserter(adds));
  }
  return adds;
}

}  // namespace weir::lake
