#include "four_tables.h"

#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/run_id.h"
#include "lake/scan.h"
#include "lake/write_table.h"

namespace weir::lake {
namespace {

constexpr std::int64_t kRows = 20;

std::int64_t SameOf(const std::vector<std::int64_t>& generations) {
  for (const std::int64_t generation : generations) {
    if (generation != generations.front()) {
      throw std::logic_error(fmt::format("the tables are of generations {}", generations));
    }
  }
  return generations.front();
}

// By the partition values of its files.
std::int64_t GenerationOf(const Snapshot& snapshot) {
  if (!snapshot.exists()) {
    return -1;
  }
  std::vector<std::int64_t> generations;
  for (const AddFile& file : snapshot.files) {
    generations.push_back(std::stoll(file.partition_values.at("generation").value()));
  }
  return SameOf(generations);
}

std::int64_t GenerationOfRows(Warehouse& warehouse, const std::string& table,
                              const Snapshot& snapshot) {
  const std::string scan = ScanSql(warehouse.FolderOf(table), snapshot, snapshot.files);
  const auto rows = warehouse.connection()
                        .Query(
                            "SELECT count(DISTINCT id), count(*), min(generation), "
                            "max(generation) FROM (" +
                            scan + ")")
                        .Rows();
  const auto cell = [&](std::size_t i) { return std::get<std::int64_t>(rows.at(0).at(i)); };
  if (cell(0) != kRows || cell(1) != kRows) {
    throw std::logic_error(fmt::format("{} has {} rows", table, cell(1)));
  }
  return SameOf({cell(2), cell(3)});
}

}  // namespace

const std::vector<std::string>& FourTables() {
  static const std::vector<std::string> kTables = {"s.a", "s.b", "s.c", "s.d"};
  return kTables;
}

sql::DatabaseOptions SmallDatabase() {
  return {.memory_bytes = 256 << 20, .threads = 1, .spill_folder = {}, .spill_bytes = 0};
}

void WriteGeneration(Warehouse& warehouse, std::int64_t generation) {
  const std::vector<Snapshot> snapshots = warehouse.OpenTogether(FourTables(), false);
  std::vector<TableChanges> parts;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    const TableFolder folder = warehouse.FolderOf(FourTables()[i]);
    WriteRequest request{
        .select = fmt::format("SELECT {}::BIGINT AS generation, range::BIGINT AS id FROM range({})",
                              generation, kRows),
        .mode = WriteMode::kOverwrite,
        .partition_by = {"generation"},
        .sort_by = {},
        .replace = {},
        .keys = {},
        .delete_absent = false,
        .delete_absent_where = {},
        .origin = {}};
    Changes changes = PlanWrite(warehouse, {.folder = folder, .snapshot = snapshots[i]}, request);
    if (changes.metadata) {
      changes.metadata->configuration["delta.checkpointInterval"] = "2";
    }
    parts.push_back({.table = FourTables()[i], .base = snapshots[i], .changes = changes});
  }
  warehouse.CommitTogether(NewRunId(), std::move(parts));
}

std::int64_t ReadGeneration(Warehouse& warehouse) {
  std::vector<std::int64_t> generations;
  for (const Snapshot& snapshot : warehouse.OpenTogether(FourTables(), false)) {
    generations.push_back(GenerationOf(snapshot));
  }
  return SameOf(generations);
}

std::int64_t ReadGenerationOfRows(Warehouse& warehouse) {
  const std::vector<Snapshot> snapshots = warehouse.OpenTogether(FourTables(), false);
  std::vector<std::int64_t> generations;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    generations.push_back(
        snapshots[i].exists() ? GenerationOfRows(warehouse, FourTables()[i], snapshots[i]) : -1);
  }
  return SameOf(generations);
}

}  // namespace weir::lake
