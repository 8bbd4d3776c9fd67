#include "cli/forget/erase.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "base/run_id.h"
#include "lake/delete_rows.h"
#include "lake/operation.h"
#include "lake/own_files.h"
#include "lake/rewrite.h"
#include "lake/scan.h"
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
  bool of_graph = false;

  lake::TableAt at() const { return {.folder = folder, .snapshot = snapshot}; }
};

// Takes what names an id out of some columns.
lake::Changes PlanEmptying(lake::Warehouse& warehouse, const Target& target,
                           const lake::CommitInfo& origin) {
  const std::string scan = lake::ScanSql(target.folder, target.snapshot, target.snapshot.files,
                                         {.with_file_index = true, .with_row_number = true});
  std::vector<std::string> columns;
  std::vector<std::string> values;
  for (const auto& [column, rest] : target.rows.rest) {
    columns.push_back(column);
    values.push_back(fmt::format("{} AS {}", rest, column));
  }
  const lake::ScratchTable edits(
      warehouse.connection(),
      fmt::format("SELECT weir_file_index, weir_row_number, false AS weir_goes, "
                  "{} FROM ({}) WHERE {}",
                  fmt::join(values, ", "), scan, target.rows.where));
  const lake::Edits changed{.table = edits.name(), .columns = columns};
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

// Whether files that the newest version no longer names hold such rows, as far as they are there.
bool HeldBefore(lake::Warehouse& warehouse, const Target& target) {
  lake::Snapshot before = target.snapshot;
  before.files.clear();
  for (const lake::RemoveFile& file : target.snapshot.tombstones) {
    if (target.folder.store->Head(lake::KeyOfPath(target.folder, file.path))) {
      lake::AddFile& held = before.files.emplace_back();
      held.path = file.path;
      held.partition_values = file.partition_values;
      held.size = file.size;
    }
  }
  return !before.files.empty() && warehouse.connection().QueryInteger(fmt::format(
                                      "SELECT count(*) FROM (SELECT 1 FROM ({}) WHERE {} LIMIT 1)",
                                      lake::ScanSql(target.folder, before), target.rows.where)) > 0;
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

  Erasure Count(const TablesToErase& tables) {
    FindTargets(tables);
    for (const auto& [table, target] : targets_) {
      const std::int64_t rows = warehouse_.connection().QueryInteger(
          fmt::format("SELECT count(*) FROM ({}) WHERE {}",
                      lake::ScanSql(target.folder, target.snapshot), target.rows.where));
      Note(table, target).rows = rows;
    }
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
                                          .of_graph = tables.graphs.contains(names[i])});
      } else if (tables.personal.contains(names[i]) && !tables.graphs.contains(names[i])) {
        erasure_.unknown.push_back(names[i]);
      }
    }
  }

  ErasedTable& Note(const std::string& table, const Target& target) {
    return erasure_.tables.emplace_back(ErasedTable{.table = table,
                                                    .only_emptied = !target.rows.rest.empty(),
                                                    .held_before = HeldBefore(warehouse_, target),
                                                    .version_before = target.snapshot.version,
                                                    .version = target.snapshot.version});
  }

  lake::Changes ChangesOf(const Target& target) {
    if (target.of_graph) {
      return {};
    }
    return target.rows.rest.empty()
               ? lake::PlanDelete(warehouse_, target.at(),
                                  {.where = target.rows.where, .origin = origin_})
               : PlanEmptying(warehouse_, target, origin_);
  }

  void Plan(const std::string& table, const Target& target) {
    ErasedTable& noted = Note(table, target);
    lake::Changes changes = ChangesOf(target);
    const lake::OperationMetrics metrics = lake::MetricsOf(changes);
    noted.rows = metrics.rows_deleted + metrics.rows_updated;
    const bool has_effect = lake::HasEffect(changes);
    if (!has_effect && !noted.held_before) {
      return;
    }
    lake::DescribeOperation(
        changes, origin_, {.operation = lake::kErasure, .parameters = {{"predicate", kPredicate}}},
        metrics);
    if (has_effect) {
      NoteEvents(target);
    }
    parts_.push_back({.table = table, .base = target.snapshot, .changes = std::move(changes)});
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
    // What a try that lost has written holds rows of others, who may be forgotten soon.
    const auto versions = lake::CommitOrDiscard(warehouse_, origin_.run_id, parts_);
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

Erasure CountRows(lake::Warehouse& warehouse, const TablesToErase& tables, const ScratchIds& ids) {
  return Eraser(warehouse, ids).Count(tables);
}

}  // namespace weir::cli
