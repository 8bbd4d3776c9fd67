#include "lake/carry_rows.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

#include "base/parallel.h"
#include "lake/scan.h"
#include "lake/source_columns.h"
#include "lake/write_data.h"

namespace weir::lake {
namespace {

// A file that loses rows.
struct Losing {
  AddFile file;
  std::int64_t rows = 0;  // that go

  bool LosesAll() const { return StatisticsOf(file).num_rows == rows; }
};

std::vector<Losing> FindLosing(sql::Connection& connection, const TableAt& table,
                               const std::string& kept) {
  const std::vector<AddFile>& files = table.snapshot.files;
  const std::string scan = ScanSql(table.folder, table.snapshot, files,
                                   {.with_file_index = true, .with_row_number = false});
  std::vector<Losing> losing;
  sql::Result counts = connection.Query(fmt::format(
      "SELECT CAST(weir_file_index AS BIGINT), count(*) FROM ({}) WHERE NOT (\n{}\n) GROUP BY 1 "
      "ORDER BY 1",
      scan, kept));
  for (const auto& row : counts.Rows()) {
    losing.push_back({.file = files.at(static_cast<std::size_t>(std::get<std::int64_t>(row[0]))),
                      .rows = std::get<std::int64_t>(row[1])});
  }
  return losing;
}

// The file without the rows that go; nothing of one that loses all.
std::vector<AddFile> Rewritten(Warehouse& warehouse, const TableAt& table, const Metadata& metadata,
                               const Losing& losing, const CarryRequest& request) {
  if (losing.LosesAll()) {
    return {};
  }
  sql::Connection connection = warehouse.Connect();
  const std::string scan = ScanSql(table.folder, table.snapshot, {losing.file},
                                   {.with_file_index = false, .with_row_number = false});
  return WriteData(connection, table.folder, metadata,
                   fmt::format("SELECT * FROM ({}) WHERE (\n{}\n)", scan, request.kept),
                   {.sort_by = {}, .run_id = request.origin.run_id, .one_file = true});
}

}  // namespace

bool IsScattered(const Snapshot& snapshot) {
  constexpr std::size_t kFew = 16;
  constexpr std::size_t kMostForOne = 4;  // files in place of one of full size
  std::int64_t bytes = 0;
  for (const AddFile& file : snapshot.files) {
    bytes += file.size;
  }
  const auto full = static_cast<std::size_t>(bytes / WriteOptions().target_file_bytes);
  return snapshot.files.size() > kFew + kMostForOne * full;
}

Changes PlanCarry(Warehouse& warehouse, const TableAt& table, const CarryRequest& request) {
  CheckWritable(table.snapshot, table.folder.name);
  CheckRemovable(table);
  if (!table.snapshot.metadata.partition_columns.empty()) {
    throw std::logic_error("rows of a partitioned table are to be carried");
  }
  sql::Connection& connection = warehouse.connection();
  const SourceColumns source = MatchColumns(connection, table, request.fresh, {});
  const std::vector<Losing> losing = FindLosing(connection, table, request.kept);
  std::vector<std::vector<AddFile>> rewritten(losing.size());
  ParallelFor(losing.size(), ThreadsOf(warehouse), [&](std::size_t i) {
    rewritten[i] = Rewritten(warehouse, table, table.snapshot.metadata, losing[i], request);
  });
  Changes changes;
  changes.adds = WriteData(connection, table.folder, source.metadata, source.select,
                           {.sort_by = request.sort_by, .run_id = request.origin.run_id});
  OperationMetrics metrics{.rows_inserted = RowsOf(changes.adds)};
  for (std::size_t i = 0; i < losing.size(); ++i) {
    std::ranges::move(rewritten[i], std::back_inserter(changes.adds));
    changes.removes.push_back(RemovalOf(losing[i].file, true));
    metrics.rows_deleted += losing[i].rows;
  }
  changes.reads = Predicate{};
  SetMetadata(changes, table, source);
  DescribeOperation(changes, request.origin,
                    {.operation = "WRITE", .parameters = {{"mode", "overwrite"}}}, metrics);
  return changes;
}

}  // namespace weir::lake
