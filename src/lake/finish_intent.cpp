#include "lake/finish_intent.h"

#include <algorithm>
#include <exception>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"

namespace weir::lake {
namespace {

const IntentTable* PartOn(const Intent& intent, const std::string& table) {
  const auto part = std::ranges::find(intent.tables, table, &IntentTable::table);
  return part == intent.tables.end() ? nullptr : &*part;
}

bool IsOnAny(const Intent& intent, const std::vector<std::string>& tables) {
  return std::ranges::any_of(
      tables, [&](const std::string& table) { return PartOn(intent, table) != nullptr; });
}

void CheckReadable(const Intent& intent) {
  if (!intent.problem.empty()) {
    throw UserError("{}", intent.problem);
  }
}

// The intent is the commit point, so nothing that weir's own writers do can be in its way.
void FinishTable(Warehouse& warehouse, const Intent& intent, const IntentTable& part) {
  try {
    AppendEntry(warehouse.FolderOf(part.table), part.base_version, {}, part.changes);
  } catch (const ConflictError& error) {
    throw ExternalError(
        "run {} is committed but can't be finished, because another program changed its table "
        "meanwhile: {}; to give up what is left of the run, delete {}",
        intent.run_id, error.what(), warehouse.store().Url(IntentKey(intent.run_id)));
  }
}

// Finishes an intent, unless somebody else has meanwhile.
void Finish(Warehouse& warehouse, const Intent& intent) {
  const TableLocks locks(warehouse, TablesOf(intent));
  if (warehouse.store().Head(IntentKey(intent.run_id))) {
    FinishLocked(warehouse, intent);
  }
}

// False if its run is alive.
bool FinishIfDead(Warehouse& warehouse, const Intent& intent) {
  CheckReadable(intent);
  if (!IsAbandoned(intent)) {
    return false;
  }
  LogInfo("finishing the commit of run {}, whose process ended before it was done", intent.run_id);
  Finish(warehouse, intent);
  return true;
}

}  // namespace

TableLocks::TableLocks(Warehouse& warehouse, std::vector<std::string> tables) {
  std::ranges::sort(tables);
  for (const std::string& table : tables) {
    locks_.push_back(LockTable(warehouse.FolderOf(table)));
  }
}

void TableLocks::Check() const {
  for (const auto& lock : locks_) {
    lock->Check();
  }
}

std::optional<IntentPart> IntentOn(const std::vector<Intent>& intents, const std::string& table) {
  for (const Intent& intent : intents) {
    if (const IntentTable* const part = PartOn(intent, table)) {
      CheckReadable(intent);
      return IntentPart{.intent = &intent, .table = part};
    }
  }
  return std::nullopt;
}

std::set<std::string> RunsOn(const std::vector<Intent>& intents,
                             const std::vector<TableFolder>& tables) {
  std::set<std::string> runs;
  for (const TableFolder& table : tables) {
    for (const Intent& intent : intents) {
      if (PartOn(intent, table.name) != nullptr) {
        runs.insert(intent.run_id);
      }
    }
  }
  return runs;
}

std::vector<std::string> TablesOf(const Intent& intent) {
  std::vector<std::string> tables;
  std::ranges::transform(intent.tables, std::back_inserter(tables), &IntentTable::table);
  return tables;
}

void FinishLocked(Warehouse& warehouse, const Intent& intent) {
  for (const IntentTable& part : intent.tables) {  // those that are done are known by their txn
    FinishTable(warehouse, intent, part);
    Failpoint("intent:after-table");
  }
  Failpoint("intent:before-delete");
  warehouse.store().Delete(IntentKey(intent.run_id));
  Failpoint("intent:after-delete");
}

void FinishLeftOn(Warehouse& warehouse, const std::vector<std::string>& tables) {
  const std::vector<Intent> intents = ListIntents(warehouse.store());
  for (const std::string& table : tables) {
    if (const auto part = IntentOn(intents, table)) {
      Finish(warehouse, *part->intent);
      return;
    }
  }
}

std::vector<std::string> FinishDeadRuns(Warehouse& warehouse,
                                        const std::optional<std::vector<std::string>>& tables) {
  std::vector<std::string> finished;
  std::exception_ptr failure;
  for (const Intent& intent : ListIntents(warehouse.store())) {
    try {
      if (FinishIfDead(warehouse, intent)) {
        finished.push_back(intent.run_id);
      }
    } catch (const std::runtime_error& error) {
      if (tables && !IsOnAny(intent, *tables)) {
        LogWarning("{}", error.what());
      } else if (!failure) {
        failure = std::current_exception();
      }
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  return finished;
}

}  // namespace weir::lake
