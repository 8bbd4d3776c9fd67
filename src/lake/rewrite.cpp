#include "lake/rewrite.h"

#include <algorithm>
#include <string_view>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/parallel.h"
#include "lake/scan.h"
#include "sql/quote.h"
#include "sql/stays_function.h"

namespace weir::lake {
namespace {

std::int64_t Integer(const sql::Value& value) { return std::get<std::int64_t>(value); }

// Where EditSql() has the columns that a row takes.
std::string EditName(std::size_t column) { return fmt::format("weir{}", column); }

// A column of the file with the edits applied.
std::string EditedColumnSql(const Field& field, const Edits& edits) {
  std::string name = sql::QuoteName(field.name);
  const auto edited = std::ranges::find(edits.columns, field.name);
  if (edited == edits.columns.end()) {
    return name;
  }
  const auto column = static_cast<std::size_t>(edited - edits.columns.begin());
  return fmt::format(
      "CASE WHEN weir_edit IS NULL THEN {0} ELSE struct_extract(weir_edit, '{1}') END AS {0}", name,
      EditName(column));
}

// The edit of the row of the file `old`, as a struct; null for a row without one.
std::string EditSql(const Edits& edits) {
  std::string fields = "weir_goes := edit.weir_goes";
  for (std::size_t i = 0; i < edits.columns.size(); ++i) {
    fields += fmt::format(", {} := edit.{}", EditName(i), sql::QuoteName(edits.columns[i]));
  }
  return fmt::format(
      "(SELECT struct_pack({}) FROM temp.weir_edits AS edit "
      "WHERE edit.weir_row_number = old.weir_row_number)",
      fields);
}

enum class Order { kChecked, kSorted };

// The file's rows with the edits of the connection's table weir_edits applied, in order. The join
// of a scalar subquery gives rows as they come as long as it doesn't spill, which weir_stays()
// checks: then the sort, 40 % of the cost of a merge into every file, isn't needed.
std::string EditedSql(const TableAt& table, const AddFile& file, const Edits& edits, Order order) {
  std::vector<std::string> columns;
  columns.reserve(table.snapshot.metadata.schema.fields.size());
  for (const Field& field : table.snapshot.metadata.schema.fields) {
    columns.push_back(EditedColumnSql(field, edits));
  }
  const std::string scan = ScanSql(table.folder, table.snapshot, {file},
                                   {.with_file_index = false, .with_row_number = true});
  const std::string goes = "coalesce(struct_extract(weir_edit, 'weir_goes'), false)";
  return fmt::format("SELECT {} FROM (SELECT old.*, {} AS weir_edit FROM ({}) AS old) WHERE {}",
                     fmt::join(columns, ", "), EditSql(edits), scan,
                     order == Order::kChecked
                         ? fmt::format("weir_stays(weir_row_number, {})", goes)
                         : fmt::format("NOT {} ORDER BY weir_row_number", goes));
}

// The file with the edits of the connection's table weir_edits.
std::vector<AddFile> RewriteFile(sql::Connection& connection, const TableAt& table,
                                 const AddFile& file, const Edits& edits,
                                 const std::string& run_id) {
  const auto write = [&](Order order) {
    return WriteData(
        connection, table.folder, table.snapshot.metadata, EditedSql(table, file, edits, order),
        {.sort_by = {}, .run_id = run_id, .one_file = true, .partition = file.partition_values});
  };
  try {
    return write(Order::kChecked);
  } catch (const UserError& error) {
    if (std::string_view(error.what()).find(sql::kRowsOutOfOrder) == std::string_view::npos) {
      throw;
    }
  }
  return write(Order::kSorted);
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
    written[i] = RewriteFile(connection, table, file, edits, run_id);
  });
  std::vector<AddFile> adds;
  for (std::vector<AddFile>& part : written) {
    std::ranges::move(part, std::back_inserter(adds));
  }
  return adds;
}

}  // namespace weir::lake
