#pragma once

#include <cstdint>
#include <string>

#include "sql/database.h"

namespace weir::lake {

// Rows of a query kept for the time of an operation, in the instance's own memory or spilled, and
// seen by all of the instance's connections.
class ScratchTable {
 public:
  // Runs `select`. `connection` must outlive the table.
  ScratchTable(sql::Connection& connection, const std::string& select);
  ScratchTable(const ScratchTable&) = delete;
  ScratchTable& operator=(const ScratchTable&) = delete;
  ~ScratchTable();

  // Quoted and qualified, for SQL.
  const std::string& name() const { return name_; }
  std::int64_t num_rows() const { return num_rows_; }

 private:
  sql::Connection& connection_;
  std::string name_;
  std::int64_t num_rows_ = 0;
};

}  // namespace weir::lake
