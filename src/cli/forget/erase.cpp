#include "cli/forget/erase.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "base/run_id.h"
#include "lake/delete_rows.h"
#include "lake/rewrite.h"
#include "lake/scan.h"
#include "lake/vacuum.h"
#include "lake/write_table.h"

namespace weir::cli {
namespace {

constexpr auto kSuppressedEvents = "metastore.suppressed_events";
constexpr auto kPredicate = "rows of the ids that weir forget was given";

// One table, as it was when the erasure looked.
struct Target {
  lake::TableFolder folder;
  lake::Snapshot snapshot;
  PersonalRows rows;
  bool is_state = false;

  lake::TableAt at() const { return {.folder = folder, .snapshot = snapshot}; }
};

// Sets a column to null in the rows of a condition.
lake::Changes PlanEmptying(lake::Warehouse& warehouse, const Target& target,
                           const lake::CommitInfo& origin) {
  const std::string scan = lake::ScanSql(target.folder, target.snapshot, target.snapshot.files,
                                         {.with_file_index = true, .with_row_number = true});
  const lake::ScratchTable edits(
      warehouse.connection(),
      fmt::format("SELECT weir_file_index, weir_row_number, false AS weir_goes, "
                  "CAST(NULL AS VARCHAR) AS {} FROM ({}) WHERE {}",
                  target.rows.empty_column, scan, target.rows.where));
  const lake::Edits changed{.table = edits.name(), .columns = {target.rows.empty_column}};
  lake::Changes changes;
  for (const lake::FileEdits& file : lake::CountEdits(warehouse.connection(), changed)) {
    changes.removes.push_back(
        lake::RemovalOf(target.snapshot.files[static_cast<std::size_t>(file.file_index)], true));
  }
  if (!changes.removes.empty()) {
    changes.adds =
        lake::RewriteFiles(warehouse, target.at(), target.snapshot.files, changed, origin.run_id);
  }
  changes.reads = Predicate{};
  lake::DescribeOperation(changes, origin, {.operation = "UPDATE", .parameters = {}},
                          {.rows_updated = edits.num_rows()});
  return changes;
}

class Eraser {
 public:
  Eraser(lake::Warehouse& warehouse, const ScratchIds& ids) : warehouse_(warehouse), ids_(ids) {
    origin_.run_id = NewRunId();
    origin_.attempt = 1;
    origin_.job = "forget";
    erasure_.run_id = origin_.run_id;
  }

  Erasure Run(const TablesToErase& tables) {
    FindTargets(tables);
    for (const auto& [table, target] : targets_) {
      Plan(table, target);
    }
    PlanCopies();
    Commit();
    return std::move(erasure_);
  }

 private:
  void FindTargets(const TablesToErase& tables) {
    const std::vector<std::string> names(tables.all.begin(), tables.all.end());
    std::vector<lake::Snapshot> snapshots = warehouse_.OpenTogether(names, false);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!snapshots[i].exists()) {
        continue;
      }
      if (names[i] == kSuppressedEvents) {
        suppressed_ = std::move(snapshots[i]);
      } else if (auto rows = FindPersonalRows(snapshots[i].metadata.schema, ids_)) {
        targets_.emplace(names[i], Target{.folder = warehouse_.FolderOf(names[i]),
                                          .snapshot = std::move(snapshots[i]),
                                          .rows = *std::move(rows),
                                          .is_state = tables.states.contains(names[i])});
      } else if (tables.personal.contains(names[i])) {
        erasure_.unknown.push_back(names[i]);
      }
    }
  }

  void Plan(const std::string& table, const Target& target) {
    const bool only_emptied = !target.rows.empty_column.empty();
    lake::Changes changes = only_emptied
                                ? PlanEmptying(warehouse_, target, origin_)
                                : lake::PlanDelete(warehouse_, target.at(),
                                                   {.where = target.rows.where, .origin = origin_});
    changes.info.parameters = {{"predicate", kPredicate}};
    const lake::OperationMetrics metrics = lake::MetricsOf(changes);
    erasure_.tables.push_back({.table = table,
                               .rows = metrics.rows_deleted + metrics.rows_updated,
                               .only_emptied = only_emptied,
                               .is_state = target.is_state,
                               .version_before = target.snapshot.version,
                               .version = target.snapshot.version});
    if (lake::HasEffect(changes)) {
      NoteEvents(target);
      parts_.push_back({.table = table, .base = target.snapshot, .changes = std::move(changes)});
    }
  }

  void NoteEvents(const Target& target) {
    const Schema& schema = target.snapshot.metadata.schema;
    const bool has_events = schema.Find("source") != nullptr &&
                            schema.Find("event_id") != nullptr && schema.Find("dt") != nullptr;
    if (has_events) {
      events_.push_back(
          fmt::format("SELECT source, event_id, 'erased' AS reason, dt FROM ({}) WHERE {}",
                      lake::ScanSql(target.folder, target.snapshot), target.rows.where));
    }
  }

  void PlanCopies() {
    if (events_.empty() || !suppressed_) {
      return;
    }
    const lake::TableFolder folder = warehouse_.FolderOf(kSuppressedEvents);
    parts_.push_back(
        {.table = kSuppressedEvents,
         .base = *suppressed_,
         .changes = lake::PlanWrite(
             warehouse_, {.folder = folder, .snapshot = *suppressed_},
             {.select = fmt::format("{}", fmt::join(events_, " UNION ALL ")), .origin = origin_})});
  }

  void Commit() {
    if (parts_.empty()) {
      return;
    }
    const auto versions = warehouse_.CommitTogether(origin_.run_id, parts_);
    for (ErasedTable& erased : erasure_.tables) {
      const auto version = versions.find(erased.table);
      erased.version = version == versions.end() ? erased.version : version->second;
    }
  }

  lake::Warehouse& warehouse_;
  const ScratchIds& ids_;
  lake::CommitInfo origin_;
  std::map<std::string, Target> targets_;
  std::optional<lake::Snapshot> suppressed_;
  std::vector<std::string> events_;  // SELECTs of events that go
  std::vector<lake::TableChanges> parts_;
  Erasure erasure_;
};

}  // namespace

Erasure EraseRows(lake::Warehouse& warehouse, const TablesToErase& tables, const ScratchIds& ids) {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    try {
      return Eraser(warehouse, ids).Run(tables);
    } catch (const ConflictError& problem) {
      if (tries == kTries) {
        throw;
      }
      LogWarning("{}; trying again", problem.what());
    }
  }
}

std::int64_t PurgeOldVersions(lake::Warehouse& warehouse, const std::string& table) {
  const lake::TableFolder folder = warehouse.FolderOf(table);
  const lake::Snapshot snapshot = warehouse.Open(folder);
  std::set<std::string> live;
  std::ranges::transform(snapshot.files, std::inserter(live, live.end()), &lake::AddFile::path);
  std::int64_t deleted = 0;
  for (const lake::RemoveFile& file : snapshot.tombstones) {
    const std::string key = lake::DecodePath(file.path);
    if (!live.contains(file.path) && folder.store->Head(key)) {
      folder.store->Delete(key);
      ++deleted;
    }
  }
  const lake::VacuumReport rest =
      lake::VacuumTable(warehouse, folder, {.retention = kDay / 24, .allow_short = true});
  return deleted + std::ssize(rest.deleted);
}

}  // namespace weir::cli
