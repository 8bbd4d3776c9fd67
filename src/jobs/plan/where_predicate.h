#pragma once

#include <memory>
#include <string>

#include "data/predicate.h"
#include "data/schema.h"
#include "sql/database.h"

namespace weir::jobs {

// Reads SQL conditions as predicates, so that partitions can be held against an input's `where`.
// Not thread-safe.
class WherePredicates {
 public:
  // As weak as need be; every row, if the condition can't be read.
  Predicate Read(const Schema& schema, const std::string& where);

 private:
  struct Planner {
    sql::Database database;
    sql::Connection connection;
    explicit Planner(const sql::DatabaseOptions& options)
        : database(options), connection(database.Connect()) {}
  };
  std::unique_ptr<Planner> planner_;
};

}  // namespace weir::jobs
