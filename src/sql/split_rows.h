#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::sql {

class SplitRegistry;

// How much a split may hold in memory; exceeded by less than one of DuckDB's chunks.
struct SplitLimits {
  std::int64_t rows = 0;
  std::uint64_t bytes = 0;  // as estimated from the columns
};

// The rows of a query, kept in memory and shared out by the values of some columns, each group in
// the order of the query: a stable counting sort whose rows are copied once, by whoever reads a
// group. Costs a look-up a row, where a sort moves every column of it. One thread, but for what
// reads groups.
class SplitRows {
 public:
  struct Group {
    std::vector<std::optional<std::string>> key;  // absent: null
    std::int64_t num_rows = 0;
  };

  // Runs `select` until its end, or until a limit is reached. `keys`: which of its columns, all of
  // type VARCHAR, tell groups apart. `connection` must outlive this, and begins nothing else before
  // the rows are read to their end.
  SplitRows(Connection& connection, const std::string& select, const std::vector<std::size_t>& keys,
            const SplitLimits& limits);
  SplitRows(const SplitRows&) = delete;
  SplitRows& operator=(const SplitRows&) = delete;
  ~SplitRows();

  // Whether all rows were read within the limits.
  bool is_whole() const;
  // Of the rows that were read, in the order of their first rows.
  const std::vector<Group>& groups() const;
  // The rows of a group, with the columns of the query, as a table in SQL for any connection to the
  // database. May be read by several threads and more than once.
  std::string GroupSql(std::size_t group) const;

  // The rows that were read and then the query's other ones, with their number in column
  // `weir_row`, as a table in SQL for `reader`, another connection to the database: the query goes
  // on while that is read. May be read once, and no group after it.
  std::string AllSql(Connection& reader) const;

 private:
  friend class SplitRegistry;
  struct State;
  std::shared_ptr<State> state_;
  SplitRegistry& registry_;
  std::int64_t number_;
};

}  // namespace weir::sql
