#include "lake/restore.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "lake/own_files.h"

namespace weir::lake {
namespace {

using FilesByPath = std::map<std::string, const AddFile*>;

FilesByPath ByPath(const Snapshot& snapshot) {
  FilesByPath files;
  for (const AddFile& file : snapshot.files) {
    files[file.path] = &file;
  }
  return files;
}

std::vector<AddFile> FilesOnlyIn(const Snapshot& snapshot, const Snapshot& other) {
  const FilesByPath known = ByPath(other);
  std::vector<AddFile> files;
  std::ranges::copy_if(snapshot.files, std::back_inserter(files),
                       [&](const AddFile& file) { return !known.contains(file.path); });
  return files;
}

void CheckPresent(const TableFolder& table, std::int64_t version,
                  const std::vector<AddFile>& files) {
  for (const AddFile& file : files) {
    const std::string key = KeyOfPath(table, file.path);
    if (key.find("://") == std::string::npos && !table.store->Head(key)) {
      throw UserError(
          "{} can't be restored to version {}: its file {} is gone (vacuum deletes old "
          "files)",
          table.name, version, file.path);
    }
  }
}

}  // namespace

Changes PlanRestore(Warehouse& warehouse, const TableAt& table, const RestoreRequest& request) {
  CheckWritable(table.snapshot, table.folder.name);
  CheckRemovable(table);
  const Snapshot old = LoadSnapshot(table.folder, warehouse.connection(), request.to);
  CheckWritable(old, fmt::format("{} at version {}", table.folder.name, old.version));
  Changes changes;
  changes.adds = FilesOnlyIn(old, table.snapshot);
  CheckPresent(table.folder, old.version, changes.adds);
  for (AddFile& file : changes.adds) {
    file.data_change = true;
  }
  const std::vector<AddFile> removed = FilesOnlyIn(table.snapshot, old);
  changes.removes = RemovalsOf(removed, true);
  if (old.metadata != table.snapshot.metadata) {
    changes.metadata = old.metadata;
  }
  if (old.protocol != table.snapshot.protocol) {
    changes.protocol = old.protocol;
  }
  changes.reads = Predicate{};
  DescribeOperation(
      changes, request.origin,
      {.operation = "RESTORE", .parameters = {{"version", std::to_string(old.version)}}},
      {.rows_inserted = RowsOf(changes.adds), .rows_deleted = RowsOf(removed)});
  return changes;
}

Committed RestoreTable(Warehouse& warehouse, const TableFolder& table,
                       const RestoreRequest& request) {
  const Snapshot snapshot = warehouse.Open(table);
  if (!snapshot.exists()) {
    throw UserError("there is no table {}", table.name);
  }
  const TableAt at{.folder = table, .snapshot = snapshot};
  return CommitPlanned(warehouse, at, PlanRestore(warehouse, at, request));
}

}  // namespace weir::lake
