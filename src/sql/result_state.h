#pragma once

#include <cstdint>
#include <vector>

#include "sql/database.h"
#include "sql/duckdb_handles.h"
#include "sql/session.h"
#include "sql/types.h"

namespace weir::sql {

// A started statement whose rows are being read. Borrows the session of its connection.
struct Result::State {
 public:
  State(Session& session, std::uint64_t query_number, OwnedPrepared prepared, OwnedResult result);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  bool gives_rows() const { return gives_rows_; }
  const std::vector<ResultColumn>& columns() const { return columns_; }
  duckdb_arrow_options arrow_options() const { return arrow_options_.get(); }
  // The next chunk of at least one row, or null at the end.
  OwnedDataChunk Next();
  std::vector<Value> RowAt(duckdb_data_chunk chunk, std::size_t row) const;

 private:
  Session& session_;
  std::uint64_t query_number_;
  OwnedPrepared prepared_;
  OwnedResult result_;
  OwnedArrowOptions arrow_options_;
  std::vector<ResultColumn> columns_;
  bool gives_rows_;
  bool finished_ = false;
};

}  // namespace weir::sql
