#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/session.h"
#include "sql/types.h"

namespace weir::sql {

// The statements of one SQL text: parsed together, then prepared and run one after the other, since
// a later one may need what an earlier one made. Throws UserError for text that isn't SQL.
class Statements {
 public:
  // `session` must outlive it. Ends the session's query before.
  Statements(Session& session, std::string_view sql);

  std::size_t size() const { return statements_.size(); }
  // The number that the session gave this text's run.
  std::uint64_t query_number() const { return query_number_; }
  // Binds statement `index`; each can be prepared once.
  OwnedPrepared Prepare(std::size_t index);
  // Starts a prepared statement: a SELECT's rows are made while they are read, other statements run
  // to their end.
  OwnedResult Start(duckdb_prepared_statement prepared);
  // Prepares and runs statement `index` to its end and drops its rows.
  void Finish(std::size_t index);

 private:
  struct Parsed {
    OwnedExtracted extracted;
    std::size_t count = 0;
  };
  struct Place {
    duckdb_extracted_statements extracted;
    idx_t index;
  };

  Parsed Parse(const std::string& sql);
  void Add(Parsed parsed);

  Session& session_;
  std::uint64_t query_number_;
  std::vector<OwnedExtracted> owned_;
  std::vector<Place> statements_;
};

// Binds `$1 …`. Throws UserError if there are not as many parameters as values.
void BindParameters(duckdb_prepared_statement prepared, std::span<const Value> values);

// The next rows of a started statement, or null at its end. Throws what the query throws.
OwnedDataChunk FetchChunk(Session& session, OwnedResult& result);

// The columns that a prepared statement would give.
std::vector<ResultColumn> ColumnsOf(duckdb_prepared_statement prepared);

}  // namespace weir::sql
