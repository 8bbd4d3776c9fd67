#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::connectors {

// A relation's rows in an order that doesn't depend on threads: by the columns named, rows that are
// equal there by all others. The relation is read once, into a temporary table that goes with this
// object. One at a time for a connection, which must outlive it.
class SortedRows {
 public:
  // Throws UserError, naming `connector` and the nearest name, for a column that isn't there.
  SortedRows(sql::Connection& connection, const std::string& connector, const std::string& relation,
             const std::vector<std::string>& order);
  SortedRows(const SortedRows&) = delete;
  SortedRows& operator=(const SortedRows&) = delete;
  ~SortedRows();

  // The table: the relation's columns, and weir_row, from 1.
  const std::string& name() const { return name_; }
  std::int64_t size() const { return size_; }
  // A SELECT of the rows [begin, end), in order, without weir_row.
  std::string Select(std::int64_t begin, std::int64_t end) const;

 private:
  sql::Connection& connection_;
  std::string name_ = "weir_rows_out";
  std::int64_t size_ = 0;
};

}  // namespace weir::connectors
