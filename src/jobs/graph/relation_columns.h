#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/schema.h"
#include "sql/database.h"

namespace weir::jobs {

// The relations of one job, empty, as temporary views of a connection. Names ignore letter case.
class RelationColumns {
 public:
  // `connection` must outlive it.
  explicit RelationColumns(sql::Connection& connection) : connection_(connection) {}
  RelationColumns(const RelationColumns&) = delete;
  RelationColumns& operator=(const RelationColumns&) = delete;
  // Drops them.
  ~RelationColumns();

  void Define(const std::string& relation, const std::string& select);
  // The same by columns as SQL declares them: "id BIGINT, name VARCHAR".
  void DefineTable(const std::string& relation, const std::string& columns);
  // From now on their columns aren't known.
  void Forget(const std::vector<std::string>& relations, const std::string& reason);

  // Why a relation's columns aren't known; nothing if they are.
  std::optional<std::string> Missing(const std::string& relation) const;
  // Throws UserError for a column whose type tables can't hold.
  Schema Describe(const std::string& relation);
  // The names of all columns of relations, or of tables "schema.name".
  std::vector<std::string> ColumnsOf(const std::vector<std::string>& relations);

 private:
  void Drop(const std::string& relation);

  sql::Connection& connection_;
  std::set<std::string> defined_;               // in small letters
  std::map<std::string, std::string> reasons_;  // of those that aren't known
};

// A SELECT of no rows with these columns.
std::string EmptySelect(const Schema& columns);

// Makes a view of no rows with the columns of a SELECT, so that what reads it sees their types and
// nothing else of the SELECT. `kind` is "VIEW" or "TEMP VIEW".
void CreateEmptyView(const char* kind, const std::string& quoted_name, const std::string& select,
                     sql::Connection& connection);

// "schema.name" with its parts in quotes.
std::string QuotedName(const std::string& name);

}  // namespace weir::jobs
