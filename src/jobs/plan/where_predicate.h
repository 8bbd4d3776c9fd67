#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "data/predicate.h"
#include "data/schema.h"
#include "sql/database.h"

namespace weir::jobs {

// Reads SQL conditions as predicates, so that partitions can be held against an input's `where`,
// and remembers what it has read. Not thread-safe.
class WherePredicates {
 public:
  // As weak as need be; every row, if the condition can't be read.
  Predicate Read(const Schema& schema, const std::string& where);

 private:
  // `columns`: of a table, in SQL.
  Predicate Plan(const std::string& columns, const std::string& where);

  struct Planner {
    sql::Database database;
    sql::Connection connection;
    explicit Planner(const sql::DatabaseOptions& options)
        : database(options), connection(database.Connect()) {}
  };
  std::unique_ptr<Planner> planner_;
  std::map<std::pair<std::string, std::string>, Predicate> read_;  // by columns and condition
};

}  // namespace weir::jobs
