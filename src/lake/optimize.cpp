#include "lake/optimize.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/parallel.h"
#include "lake/data_origin.h"
#include "lake/read_failure.h"
#include "lake/scan.h"
#include "lake/sort_tag.h"
#include "lake/source_rows.h"
#include "lake/write_data.h"

namespace weir::lake {
namespace {

using Bin = std::vector<AddFile>;

// Consecutive small files up to the target; a file that would be alone stays as it is.
void PackBins(std::vector<AddFile> files, std::int64_t target, std::vector<Bin>& bins) {
  std::erase_if(files, [&](const AddFile& file) { return file.size >= target; });
  std::ranges::sort(
      files, {}, [](const AddFile& file) { return std::tie(file.modification_time, file.path); });
  Bin bin;
  std::int64_t size = 0;
  const auto close = [&] {
    if (bin.size() > 1) {
      bins.push_back(std::move(bin));
    }
    bin = {};
    size = 0;
  };
  for (AddFile& file : files) {
    if (size + file.size > target) {
      close();
    }
    size += file.size;
    bin.push_back(std::move(file));
  }
  close();
}

std::vector<Bin> ChooseBins(const Snapshot& snapshot, const OptimizeRequest& request) {
  std::map<PartitionValues, std::vector<AddFile>> partitions;
  for (const AddFile& file : snapshot.files) {
    partitions[file.partition_values].push_back(file);
  }
  const SortOrder order{.columns = request.sort_by, .target_file_bytes = request.target_file_bytes};
  std::vector<Bin> bins;
  for (auto& [values, files] : partitions) {
    if (request.sort_by.empty()) {
      PackBins(std::move(files), request.target_file_bytes, bins);
    } else if (!AreSorted(snapshot.metadata.schema, files, order)) {
      bins.push_back(std::move(files));
    }
  }
  return bins;
}

// Databases of one thread, made as they are needed. A query of several threads keeps groups of rows
// of each in memory until their turn to be written has come: the more, the more rows there are.
// Thread-safe.
class Packers {
 public:
  Packers(Warehouse& warehouse, const PackingShare& share)
      : options_(warehouse.database().options()) {
    options_.threads = 1;
    options_.memory_bytes = share.memory_bytes;
  }

  std::unique_ptr<sql::Database> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<sql::Database> database = std::move(idle_.back());
        idle_.pop_back();
        return database;
      }
    }
    return std::make_unique<sql::Database>(options_);
  }

  void Return(std::unique_ptr<sql::Database> database) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(database));
  }

 private:
  sql::DatabaseOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<sql::Database>> idle_;
};

// One bin, one query: a packed bin becomes one file.
std::vector<AddFile> RewriteBin(sql::Connection& connection, const TableAt& table, const Bin& bin,
                                const OptimizeRequest& request) {
  std::vector<AddFile> written = WriteData(connection, table.folder, table.snapshot.metadata,
                                           ScanSql(table.folder, table.snapshot, bin),
                                           {.sort_by = request.sort_by,
                                            .target_file_bytes = request.target_file_bytes,
                                            .run_id = request.origin.run_id,
                                            .data_change = false,
                                            .one_file = request.sort_by.empty(),
                                            .partition = bin.front().partition_values});
  KeepOrigin(bin, written);
  return written;
}

using Written = std::vector<std::vector<AddFile>>;  // by bin

Written PackAll(Warehouse& warehouse, const TableAt& table, const std::vector<Bin>& bins,
                const OptimizeRequest& request) {
  const PackingShare share =
      ShareOfPacking(warehouse.database().options().memory_bytes, ThreadsOf(warehouse));
  Packers packers(warehouse, share);
  Written written(bins.size());
  ParallelFor(bins.size(), share.workers, [&](std::size_t i) {
    std::unique_ptr<sql::Database> packer = packers.Take();
    AllowReads(*packer, *table.folder.store);
    {
      sql::Connection connection = warehouse.ConnectTo(*packer);
      written[i] = RewriteBin(connection, table, bins[i], request);
    }
    packers.Return(std::move(packer));
  });
  return written;
}

// The sort has all threads, and all of the memory.
Written SortAll(Warehouse& warehouse, const TableAt& table, const std::vector<Bin>& bins,
                const OptimizeRequest& request) {
  Written written(bins.size());
  ParallelFor(bins.size(), ThreadsOf(warehouse), [&](std::size_t i) {
    sql::Connection connection = warehouse.Connect();
    written[i] = RewriteBin(connection, table, bins[i], request);
  });
  return written;
}

}  // namespace

PackingShare ShareOfPacking(std::uint64_t budget_bytes, int threads) {
  constexpr std::uint64_t kLeast = 256U << 20U;
  const std::uint64_t half = budget_bytes / 2;
  const std::uint64_t workers =
      std::clamp<std::uint64_t>(half / kLeast, 1, static_cast<std::uint64_t>(threads));
  return {.workers = static_cast<int>(workers), .memory_bytes = std::max(half / workers, kLeast)};
}

Changes PlanOptimize(Warehouse& warehouse, const TableAt& table, const OptimizeRequest& request) {
  CheckWritable(table.snapshot, table.folder.name);
  CheckSortColumns(table.snapshot.metadata, request.sort_by);
  const std::vector<Bin> bins = ChooseBins(table.snapshot, request);
  Written written = request.sort_by.empty() ? PackAll(warehouse, table, bins, request)
                                            : SortAll(warehouse, table, bins, request);
  Changes changes;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    std::ranges::move(written[i], std::back_inserter(changes.adds));
    std::ranges::move(RemovalsOf(bins[i], false), std::back_inserter(changes.removes));
  }
  OperationName name{.operation = "OPTIMIZE",
                     .parameters = {{"targetSize", std::to_string(request.target_file_bytes)}}};
  if (!request.sort_by.empty()) {
    name.parameters["sortBy"] = fmt::format("{}", fmt::join(request.sort_by, ","));
  }
  DescribeOperation(changes, request.origin, name, {});
  return changes;
}

Committed OptimizeTable(Warehouse& warehouse, const TableFolder& table,
                        const OptimizeRequest& request) {
  const Snapshot snapshot = warehouse.Open(table);
  if (!snapshot.exists()) {
    throw UserError("there is no table {}", table.name);
  }
  const TableAt at{.folder = table, .snapshot = snapshot};
  const Changes changes = NamingBadFiles(warehouse.connection(), table, snapshot,
                                         [&] { return PlanOptimize(warehouse, at, request); });
  return CommitPlanned(warehouse, at, changes);
}

}  // namespace weir::lake
