#include "lake/delete_rows.h"

#include <fmt/format.h>

#include "base/error.h"
#include "lake/rewrite.h"
#include "lake/scan.h"
#include "lake/scratch_table.h"

namespace weir::lake {
namespace {

std::string MatchingSql(const TableAt& table, const std::vector<AddFile>& files,
                        const std::string& where, std::string_view columns) {
  const std::string scan = ScanSql(table.folder, table.snapshot, files,
                                   {.with_file_index = true, .with_row_number = true});
  return fmt::format("SELECT {} FROM ({}) WHERE (\n{}\n)", columns, scan, where);
}

// Which files go whole and which lose some rows.
struct Hit {
  std::vector<AddFile> whole;
  std::vector<AddFile> partly;
  std::int64_t whole_rows = 0;
};

Hit FindHit(sql::Connection& connection, const TableAt& table, const DeleteRequest& request) {
  const std::vector<AddFile> candidates = PruneFiles(table.snapshot, request.bounds);
  const std::string select =
      MatchingSql(table, candidates, request.where, "CAST(weir_file_index AS BIGINT), count(*)");
  Hit hit;
  for (const auto& row : connection.Query(select + " GROUP BY 1 ORDER BY 1").Rows()) {
    const auto index = static_cast<std::size_t>(std::get<std::int64_t>(row[0]));
    const std::int64_t rows = std::get<std::int64_t>(row[1]);
    const bool is_whole = StatisticsOf(candidates[index]).num_rows == rows;
    (is_whole ? hit.whole : hit.partly).push_back(candidates[index]);
    hit.whole_rows += is_whole ? rows : 0;
  }
  return hit;
}

}  // namespace

Changes PlanDelete(Warehouse& warehouse, const TableAt& table, const DeleteRequest& request) {
  CheckWritable(table.snapshot, table.folder.name);
  CheckRemovable(table);
  sql::Connection& connection = warehouse.connection();
  const Hit hit = FindHit(connection, table, request);
  Changes changes;
  changes.removes = RemovalsOf(hit.whole, true);
  std::int64_t deleted = hit.whole_rows;
  if (!hit.partly.empty()) {
    const ScratchTable edits(connection,
                             MatchingSql(table, hit.partly, request.where,
                                         "weir_file_index, weir_row_number, true AS weir_goes"));
    changes.adds = RewriteFiles(warehouse, table, hit.partly,
                                {.table = edits.name(), .columns = {}}, request.origin.run_id);
    std::ranges::move(RemovalsOf(hit.partly, true), std::back_inserter(changes.removes));
    deleted += edits.num_rows();
  }
  changes.reads = request.bounds;
  DescribeOperation(changes, request.origin,
                    {.operation = "DELETE", .parameters = {{"predicate", request.where}}},
                    {.rows_deleted = deleted});
  return changes;
}

Committed DeleteRows(Warehouse& warehouse, const TableFolder& table, const DeleteRequest& request) {
  const Snapshot snapshot = warehouse.Open(table);
  if (!snapshot.exists()) {
    throw UserError("there is no table {}", table.name);
  }
  const TableAt at{.folder = table, .snapshot = snapshot};
  return CommitPlanned(warehouse, at, PlanDelete(warehouse, at, request));
}

}  // namespace weir::lake
