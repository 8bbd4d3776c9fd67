#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "sql/duckdb_handles.h"
#include "sql/split_rows.h"

namespace weir::sql {

// The splits of a database by number. Thread-safe.
class SplitRegistry {
 public:
  using State = SplitRows::State;

  // Its number: 1 …
  std::int64_t Add(std::shared_ptr<State> split);
  void Remove(std::int64_t number);
  // Null if there is none (any more).
  std::shared_ptr<State> Find(std::int64_t number);

 private:
  std::mutex mutex_;
  std::int64_t last_ = 0;
  std::map<std::int64_t, std::shared_ptr<State>> splits_;
};

// Makes the table function weir_split(number, group) over `registry`, which must outlive the
// instance; group -1 stands for all rows.
void RegisterSplitFunction(duckdb_connection connection, SplitRegistry& registry);

}  // namespace weir::sql
