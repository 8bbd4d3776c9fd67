#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/schema.h"
#include "jobs/graph/graph.h"
#include "jobs/graph/table_owners.h"
#include "jobs/graph/views.h"
#include "sql/database.h"

namespace weir::jobs {

// The columns of a table that is there already; nothing if there is none, or nobody can tell.
using ExistingColumns = std::function<std::optional<Schema>(const std::string& table)>;

// The project's tables and views as empty views in a database of their own, so that SQL over them
// can be bound. A table's columns are those that the jobs which write it declare, else those that
// Learn() was told, else those that it has.
class KnownColumns {
 public:
  // All must outlive it. Changes the connection's default database while it lives.
  KnownColumns(const Graph& graph, ExistingColumns existing, sql::Connection& connection);
  KnownColumns(const KnownColumns&) = delete;
  KnownColumns& operator=(const KnownColumns&) = delete;
  ~KnownColumns();

  // Makes "schema.name" a table or view that SQL can name. Returns why its columns aren't known.
  std::optional<std::string> Open(const std::string& name);
  // The columns that a job gives a table without contract.
  void Learn(const project::Output& output, const Schema& columns);
  // Nobody knows what columns a job gives its table, contract or not, for what is wrong with it.
  // What the table has by now says nothing then.
  void LeaveOut(const project::Output& output);
  // Whether that is why Open() gave this reason.
  bool IsForMistakes(const std::string& reason) const { return for_mistakes_.contains(reason); }

 private:
  std::optional<std::string> OpenView(const ProjectView& view);
  std::optional<Schema> Find(const std::string& table);
  bool IsLeftOut(const std::string& table) const;
  void Create(const std::string& name, const std::string& select);

  const Graph& graph_;
  ExistingColumns existing_;
  sql::Connection& connection_;
  TableOwners owners_;
  std::map<std::string, ProjectView> views_;
  std::map<const project::Output*, Schema> learnt_;
  std::set<const project::Output*> left_out_;
  std::set<std::string> for_mistakes_;  // reasons
  std::map<std::string, bool> open_;    // by name; false: a view that is being opened
};

}  // namespace weir::jobs
