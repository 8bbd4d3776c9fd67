#include "lake/drop_table.h"

#include <algorithm>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "lake/operation.h"
#include "lake/own_files.h"

namespace weir::lake {
namespace {

constexpr std::string_view kLog = "_delta_log/";

// Commits a version without files, so that nobody reads half a table. A log that can't be opened
// any more, as after a killed drop, or a table that weir can't write has no such version.
void EmptyTable(Warehouse& warehouse, const TableFolder& table) {
  try {
    const Snapshot snapshot = warehouse.Open(table);
    Changes changes;
    changes.removes = RemovalsOf(snapshot.files, true);
    changes.reads = Predicate{};
    DescribeOperation(changes, {}, {.operation = "DROP", .parameters = {}},
                      {.rows_deleted = RowsOf(snapshot.files)});
    CommitPlanned(warehouse, {.folder = table, .snapshot = snapshot}, changes);
  } catch (const UserError& error) {
    LogDebug("{} is dropped without a last version: {}", table.name, error.what());
  }
}

// Pointers first, then checkpoints and entries from the oldest version on.
std::vector<storage::ObjectInfo> LogInOrder(const TableFolder& table) {
  auto objects = table.store->List(kLog);
  std::ranges::stable_sort(objects, {}, [](const storage::ObjectInfo& object) {
    return !object.key.ends_with("_last_checkpoint");
  });
  return objects;
}

void DeleteAll(const TableFolder& table, const std::vector<storage::ObjectInfo>& objects) {
  for (const storage::ObjectInfo& object : objects) {
    Failpoint("drop:before-delete");
    table.store->Delete(object.key);
  }
}

// Takes the log and what isn't the table's own out of `objects`; gives the latter's keys.
std::vector<std::string> TakeForeign(const std::set<std::string>& named,
                                     std::vector<storage::ObjectInfo>& objects) {
  std::vector<std::string> foreign;
  std::erase_if(objects, [&](const storage::ObjectInfo& object) {
    if (object.key.starts_with(kLog)) {
      return true;
    }
    const bool is_own =
        named.contains(object.key) || IsPartName(object.key) || IsBesideData(object.key);
    if (!is_own) {
      foreign.push_back(object.key);
    }
    return !is_own;
  });
  return foreign;
}

}  // namespace

std::vector<std::string> DropTable(Warehouse& warehouse, const TableFolder& table) {
  const auto log = LogInOrder(table);
  if (log.empty()) {
    throw UserError("there is no table {}: {} holds no _delta_log", table.name,
                    table.store->root());
  }
  const std::set<std::string> named = LoggedKeys(table, warehouse.connection());
  EmptyTable(warehouse, table);
  auto data = table.store->List("");
  const std::set<std::string> tables = TablesWithin(data);
  auto leftovers = table.store->ListLeftovers("");
  EraseWithin(tables, data);
  EraseWithin(tables, leftovers);
  std::vector<std::string> kept = TakeForeign(named, data);
  kept.insert(kept.end(), tables.begin(), tables.end());
  DeleteAll(table, data);
  DeleteAll(table, leftovers);
  DeleteAll(table, LogInOrder(table));
  table.store->RemoveEmptyFolders("");
  return kept;
}

}  // namespace weir::lake
