#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lake/file_selection.h"
#include "lake/query_tables.h"
#include "lake/table_references.h"
#include "lake/warehouse.h"
#include "sql/database.h"

namespace weir::lake {

// SQL over the tables of a warehouse and over Delta tables by path. Tables are found by the names
// in each statement: `schema.table`, `schema.table@v12`, 'path/to/table',
// 'path/to/table@2026-01-01' (relative paths from the working folder). All tables of a statement
// are read as they were at one moment, and only the files that its conditions leave are opened.
// They can't be written; temporary tables, views and macros live as long as the session.
class QuerySession {
 public:
  // `warehouse` may be null: then only paths are found. Both must outlive the session. Of sessions
  // on one database each needs a `catalog` of its own: what DuckDB calls the database of its views,
  // which must not be the name of a schema of the warehouse.
  QuerySession(sql::Database& database, Warehouse* warehouse, std::string catalog = "weir_session");
  // The results of Run() must be gone.
  ~QuerySession();
  QuerySession(const QuerySession&) = delete;
  QuerySession& operator=(const QuerySession&) = delete;

  void SetStopToken(std::stop_token token);

  // From now on tables that the warehouse lacks are read in `other`, which must outlive the
  // session.
  void AlsoRead(Warehouse& other) { tables_.AlsoRead(other); }

  // The SQL of views by "schema.name", which statements may read like tables, and views each other.
  // Asked for once, when a statement names what is no table or lists all tables.
  using Views = std::map<std::string, std::string>;
  void SetViews(std::function<Views()> views) { find_views_ = std::move(views); }

  // Runs one statement and streams its rows. Throws UserError for wrong SQL, naming the nearest
  // table for one that isn't there, and for a statement that would write to the warehouse.
  sql::Result Run(std::string_view statement);

  // What the last statement reads: one entry a table and version.
  const std::vector<FileSelection>& selections() const { return selections_; }

 private:
  void RefuseWrite(std::string_view statement);
  std::vector<TableReference> ReferencesIn(const std::string& sql);
  // Whether the session itself has a table `name`.
  bool HasTable(const std::string& name);
  bool HasSchema(const std::string& name);
  void OpenTables(const std::string& sql);
  // Opens tables and notes in `used_views_` the views among `references`, each behind those that it
  // reads.
  void Open(std::vector<TableReference> references);
  // The project's views, as a list of tables shows them.
  std::vector<TableReference> AllViews();
  // Leaves out views that nobody asked for and whose tables aren't there yet.
  void DropViewsWithoutTables(const std::vector<TableReference>& asked);
  void AddView(const TableReference& reference, std::vector<TableReference>& tables);
  void MakeViews();
  void RequireTablesOf(const TableReference& view);
  std::string ViewSql(const TableReference& view) const;
  // Throws a better message if DuckDB's is about a table that isn't there.
  void ExplainUnknownTable(std::string_view message);

  std::string catalog_;
  sql::Connection connection_;
  QueryTables tables_;
  FileSelector selector_;
  std::vector<FileSelection> selections_;
  std::vector<TableReference> missing_;  // named by the last statement, not found
  std::set<TableReference> earlier_;     // named by earlier statements
  std::function<Views()> find_views_;
  std::optional<Views> views_;
  std::vector<TableReference> used_views_;  // by the last statement
  bool has_definitions_ = false;  // views, macros or prepared statements may read `earlier_`
};

}  // namespace weir::lake
