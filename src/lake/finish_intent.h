#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/intent.h"
#include "lake/warehouse.h"

// What Warehouse does about intents: finding those in the way and finishing those that dead runs
// left. An intent that can't be read or finished stops only what concerns its tables.
namespace weir::lake {

// Locks of several tables, taken in the order of their names so that no two takers wait in a ring.
class TableLocks {
 public:
  TableLocks(Warehouse& warehouse, std::vector<std::string> tables);
  // Throws ExternalError unless all are held for sure: StoreLock::Check().
  void Check() const;

 private:
  std::vector<std::unique_ptr<storage::StoreLock>> locks_;
};

// The part of an intent that concerns a table. Borrows both.
struct IntentPart {
  const Intent* intent = nullptr;
  const IntentTable* table = nullptr;
};

// Throws UserError if the intent on `table` can't be read.
std::optional<IntentPart> IntentOn(const std::vector<Intent>& intents, const std::string& table);

// The runs that are committing any of `tables`.
std::set<std::string> RunsOn(const std::vector<Intent>& intents,
                             const std::vector<TableFolder>& tables);

std::vector<std::string> TablesOf(const Intent& intent);

// Commits the tables of an intent, which the caller has locked, and takes the intent away.
void FinishLocked(Warehouse& warehouse, const Intent& intent);

// Finishes an intent that stands while a table of it could be locked: its run holds the locks as
// long as it works on it, so it is dead or has failed.
void FinishLeftOn(Warehouse& warehouse, const std::vector<std::string>& tables);

// Finishes the intents of dead runs and returns their run ids. Then throws the first failure that
// concerns one of `tables` (without: any); others are logged.
std::vector<std::string> FinishDeadRuns(
    Warehouse& warehouse, const std::optional<std::vector<std::string>>& tables = std::nullopt);

}  // namespace weir::lake
