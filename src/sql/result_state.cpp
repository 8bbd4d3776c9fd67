#include "sql/result_state.h"

#include <stdexcept>
#include <utility>

#include "sql/cell.h"
#include "sql/statement.h"

namespace weir::sql {
namespace {

std::vector<ResultColumn> ColumnsOf(OwnedResult& result) {
  std::vector<ResultColumn> columns;
  columns.reserve(duckdb_column_count(result.get()));
  for (idx_t index = 0; index < duckdb_column_count(result.get()); ++index) {
    columns.push_back({.name = duckdb_column_name(result.get(), index),
                       .type = OwnedLogicalType(duckdb_column_logical_type(result.get(), index))});
  }
  return columns;
}

}  // namespace

Result::State::State(Session& session, std::uint64_t query_number, OwnedPrepared prepared,
                     OwnedResult result)
    : session_(session),
      query_number_(query_number),
      prepared_(std::move(prepared)),
      result_(std::move(result)),
      arrow_options_(duckdb_result_get_arrow_options(result_.get())),
      columns_(ColumnsOf(result_)),
      gives_rows_(duckdb_result_return_type(*result_.get()) == DUCKDB_RESULT_TYPE_QUERY_RESULT) {}

Result::State::~State() {
  if (!finished_ && session_.IsCurrent(query_number_)) {
    session_.EndQuery();
  }
}

OwnedDataChunk Result::State::Next() {
  if (finished_) {
    return nullptr;
  }
  if (!session_.IsCurrent(query_number_)) {
    throw std::logic_error("a result is read after its connection began another query");
  }
  OwnedDataChunk chunk = FetchChunk(session_, result_);
  while (chunk && duckdb_data_chunk_get_size(chunk.get()) == 0) {
    chunk = FetchChunk(session_, result_);
  }
  finished_ = !chunk;
  return chunk;
}

std::vector<Value> Result::State::RowAt(duckdb_data_chunk chunk, std::size_t row) const {
  std::vector<Value> cells;
  cells.reserve(columns_.size());
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    cells.push_back(
        CellAt(duckdb_data_chunk_get_vector(chunk, column), columns_[column].type.get(), row));
  }
  return cells;
}

}  // namespace weir::sql
