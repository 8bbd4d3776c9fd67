#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lake/snapshot.h"
#include "lake/table_references.h"
#include "sql/database.h"

namespace weir::lake {

// A table that a query reads, and those of its files that the query may need.
struct FileSelection {
  TableReference view;  // the name in the query; the schema "main" for a path
  TableFolder folder;
  Snapshot snapshot;
  std::vector<AddFile> files;
};

// Finds out which files a query can do without: the query is planned over empty tables with the
// right columns, and the conditions that DuckDB pushes into their scans are held against partition
// values and statistics (design, "Skipping"). A file stays if any scan of its table may need it.
class FileSelector {
 public:
  // Leaves in each selection the files that `select` may need; all, if that can't be told. `views`
  // are statements that define views over the selections.
  void Narrow(std::string_view select, std::vector<FileSelection>& selections,
              const std::vector<std::string>& views = {});

 private:
  // A database of its own: planning changes settings that hold for the whole database.
  struct Planner {
    sql::Database database;
    sql::Connection connection;
    explicit Planner(const sql::DatabaseOptions& options)
        : database(options), connection(database.Connect()) {}
  };

  std::unique_ptr<Planner> planner_;
};

}  // namespace weir::lake
