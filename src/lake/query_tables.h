#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lake/file_selection.h"
#include "lake/table_references.h"
#include "lake/warehouse.h"
#include "sql/database.h"

namespace weir::lake {

struct FoundTables {
  std::vector<FileSelection> tables;    // each with all its files, each view once
  std::vector<TableReference> missing;  // names that are no tables of the lake
};

// Finds the tables that a query names.
class QueryTables {
 public:
  // `warehouse` may be null: then only paths are found. Both must outlive it.
  QueryTables(sql::Database& database, Warehouse* warehouse);

  // From now on tables that the warehouse lacks are found in `other`, but for the ledger's (schema
  // weir). It must outlive this.
  void AlsoRead(Warehouse& other) { other_ = &other; }

  // Opens the tables of each warehouse as they were at one moment, or at the versions they are
  // named with.
  FoundTables Open(const std::vector<TableReference>& references);

  // All tables of the warehouse, and those that are in the other one alone.
  std::vector<TableReference> All();

  // The end of a message about a table that isn't there: "; did you mean 'sales.orders'?".
  std::string Suggestion(const TableReference& missing);

 private:
  // A table and where it is; by its name as that warehouse spells it.
  struct Place {
    Warehouse* warehouse;
    std::string name;
  };
  // The name as it is given, in the first warehouse, if there is no such table.
  Place Find(const std::string& name);
  void OpenLatest(const std::vector<TableReference>& references, FoundTables& found);
  void OpenVersion(const TableReference& reference, FoundTables& found);
  bool OpenPath(const TableReference& reference, FoundTables& found);
  void Add(const TableReference& view, const TableFolder& folder, Snapshot snapshot,
           FoundTables& found);

  sql::Database& database_;
  Warehouse* warehouse_;
  Warehouse* other_ = nullptr;
  sql::Connection connection_;  // reads checkpoints of tables that are in no warehouse
};

}  // namespace weir::lake
